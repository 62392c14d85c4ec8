"""What can be asked of a page or an operation besides its address: found in the running portal, not listed by hand."""

from __future__ import annotations

import inspect
import io
import re
import zipfile
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import django_filters
from django import forms
from django.db import models
from django.urls import resolve
from rest_framework import serializers

from .cast import Cast
from .rows import Row
from .visitors import NOT_EXISTING, address

SEARCH = "CANAR"
"""Finds every canary, and is no canary itself when a page repeats it."""
FORMATS = ("csv", "xlsx", "json")
PARAMETERS = {
    "portal:search": ("q",),
    "agreements:agreement_create": ("mode",),
    "agreements:agreement_propose": ("kind",),
    "agreements:version_compare": ("with",),
    "agreements:sign_many": ("group",),
    "placements:relocations_propose": ("row",),
    "reporting:placements": ("university", "base", "month_from", "month_to", "page"),
    "/reports/placements/": ("university", "base", "month_from", "month_to"),
    "audit:act_list": ("before",),
    "organizations:region_search": ("region",),
    "organizations:unit_create": ("parent",),
    "organizations:registration_create": ("invitation",),
}
"""What views read from the address by hand; ``test_what_a_view_reads_from_the_address_is_probed`` finds the others."""
READ_ALOUD = {
    "next": "where to go afterwards",
    "code": "of an identity provider",
    "format": "asked of every list",
    "before": "a key to page by, asked of every list",
    "after": "a key to page by, asked of every list",
    "field": "narrows the history of one object, whose rights are asked before",
    "page": "a number",
    "state": "one of the filter",
    "month_from": "a month",
    "month_to": "a month",
    "q": "one of the filter, or in PARAMETERS",
}
PUBLIC_MODELS = {"Organization", "Region", "ConsentText"}
"""Every member may know these: whom to sign with has to be found."""


def view_of(row: Row, cast: Cast) -> Any:
    """The view's class, or the function."""
    thing = cast.things[row.thing] if row.thing else None
    view = resolve(address(row, thing)).func
    return getattr(view, "view_class", None) or getattr(view, "cls", None) or inspect.unwrap(view)


def filters_of(view: Any) -> dict[str, django_filters.Filter]:
    filterset = getattr(view, "filterset_class", None)
    if filterset is not None:
        # Copies: a filter remembers the field that it was asked for.
        return deepcopy(dict(filterset.base_filters))
    names = getattr(view, "filterset_fields", None) or ()
    return {name: django_filters.CharFilter() for name in names}


def queries(row: Row, cast: Cast, *, every: bool) -> Iterator[tuple[str, Any]]:
    """Each parameter with each value that could bring something foreign to light; without ``every`` those that narrow nothing."""
    yield from (("format", value) for value in FORMATS)
    yield from (("page_size", 200), ("q", SEARCH))
    if not every:
        return
    for name, found in filters_of(view_of(row, cast)).items():
        for value in _values(name, found, cast):
            yield name, value
    for name in PARAMETERS.get(row.url_name or row.path, ()):
        for value in (SEARCH, *keys_named(name, cast)):
            yield name, value
    yield from (("before", NOT_EXISTING), ("after", 0), ("ordering", "-id"))


def _values(name: str, found: django_filters.Filter, cast: Cast) -> list[Any]:
    field = found.field
    if isinstance(field, forms.ModelChoiceField) or isinstance(found, django_filters.NumberFilter):
        return keys_named(name, cast) or keys_of_all(cast)
    if isinstance(field, forms.ChoiceField):
        return [value for value, _label in field.choices if value != ""] or keys_of_all(cast)
    if isinstance(field, forms.NullBooleanField | forms.BooleanField):
        return ["true", "false"]
    if isinstance(field, forms.DateField):
        return ["2000-01-01", "2999-01-01"]
    if isinstance(field, forms.CharField):
        return [SEARCH, "AG-000001", *keys_of_all(cast)[:2]]
    raise AssertionError(f"no value known for the filter {name}: {type(found).__name__}")


def rows_of_world(cast: Cast) -> list[models.Model]:
    """Every row of the world that has a name in the matrix."""
    things = [thing for name, thing in cast.things.items() if not name.startswith("foreign_")]
    found = [part for thing in things for part in (thing if isinstance(thing, list | tuple) else [thing])]
    world = [getattr(cast.world, name) for name in vars(cast.world)]
    return [row for row in (*found, *world) if isinstance(row, models.Model)]


def keys_of_all(cast: Cast) -> list[Any]:
    return sorted({row.pk for row in rows_of_world(cast)}, key=str)


def keys_named(name: str, cast: Cast) -> list[Any]:
    """Keys of the world's rows that a parameter of this name could mean."""
    meant = {"university": "organization", "host": "organization", "tutor": "membership"}.get(name, name).removesuffix(
        "_id"
    )
    rows = [row for row in rows_of_world(cast) if meant in row._meta.model_name.replace("evaluation", "")]  # type: ignore[union-attr]  # models have one
    return sorted({row.pk for row in rows}, key=str)


def text_in(response: Any) -> str:
    """All text of an answer: of a workbook, that of its parts."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            content = b"\n".join(book.read(name) for name in book.namelist())
    return content.decode("utf-8", "replace")


def without_echo(text: str, name: str, value: Any) -> str:
    """The answer of an operation without the question."""
    return re.sub(rf"{name}(=|%3D){value}\b", "", text)


# --- what can be written ---

TWINS: dict[str, Any] = {
    "mode": lambda cast: cast.things["foreign_mode"].pk,
    "party": lambda cast: cast.twin.agreement.parties.earliest("pk").pk,
    "agreement": lambda cast: cast.twin.agreement.pk,
    "framework": lambda cast: cast.twin.agreement.pk,
    "intake": lambda cast: cast.twin.intake.pk,
    "deputy": lambda cast: cast.people["foreign_school"].pk,
    "students": lambda cast: cast.twin.student.pk,
    "base": lambda cast: cast.twin.base.pk,
    "position": lambda cast: cast.twin.position.pk,
    "placement": lambda cast: cast.things["foreign_placement"].pk,
    "application": lambda cast: cast.things["foreign_application"].pk,
    "scheme": lambda cast: cast.things["foreign_scheme"].pk,
    "academic_tutor": lambda cast: cast.twin.academic_tutor.pk,
    "tutor": lambda cast: cast.people["foreign_enterprise_tutor"].pk,
    "successor": lambda cast: cast.people["foreign_school"].pk,
    "unit": lambda cast: cast.things["foreign_unit"].pk,
    "parent": lambda cast: cast.things["foreign_unit"].pk,
    "membership": lambda cast: cast.people["foreign_school"].pk,
}
"""By the name of a relation that a body holds: the key of such a thing of the twin."""
NO_SECRET = {
    "parties": "every organization may be a party",
    "region": "regions are public",
    "text": "texts of consent are public",
    "account": "django-allauth's own",
    "version": "what was seen",
    "revision": "what was seen",
    "rating": "a number",
    "places": "a number",
    "days_open": "a number",
}


BY_MODE = {"framework", "students"}
"""A form asks for these where the mode has to do with them, and reads them nowhere else."""


def relations(row: Row, cast: Cast) -> set[str]:
    """The fields of a body that hold a key, by the form of the page or the serializer of the operation."""
    view = view_of(row, cast)
    if not row.path:
        fields = getattr(getattr(view, "form_class", None), "base_fields", {})
        asked = set(fields) - (BY_MODE - set(row.data if isinstance(row.data, dict) else ()))
        return {
            name
            for name, field in fields.items()
            if name in asked
            if isinstance(field, forms.ModelChoiceField) or (name in TWINS and type(field) is not forms.CharField)
        }
    fields = input_fields(row, cast)
    keys = serializers.IntegerField | serializers.PrimaryKeyRelatedField | serializers.SlugRelatedField
    return {name for name, field in fields.items() if isinstance(field, keys) or name in TWINS}


def input_fields(row: Row, cast: Cast) -> dict[str, Any]:
    match = resolve(address(row, cast.things[row.thing] if row.thing else None))
    action = getattr(match.func, "actions", {}).get(row.method.lower(), "")
    serializer = getattr(view_of(row, cast), "input_serializers", {}).get(action)
    return dict(serializer().fields) if serializer else {}
