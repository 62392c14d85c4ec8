"""The register: what the portal holds about people, model by model.

Each app says in its ``personal`` module what it holds; a test fails on a model that leads to a person and is not said.
What is said once here serves the copy of one's own data, erasure, retention and the page that explains all three.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property, partial, reduce
from operator import or_
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

BATCH = 1000
ERASED = "[erased]"
"""Stands where a text was that may not be empty."""

Text = str | Promise


class Act(Enum):
    """What happens to the rows about a person."""

    EXPORT = "export"
    """In the copy; erased on request."""
    KEEP = "keep"
    """In the copy; stays under the pseudonym until its period is over, because law or contract demands it."""
    ERASE = "erase"
    """Technical: not in the copy; erased on request."""

    @property
    def label(self) -> Text:
        return _ACT_LABELS[self]


_ACT_LABELS: dict[Act, Text] = {
    Act.EXPORT: _("in the copy, erased on request"),
    Act.KEEP: _("in the copy, kept without your name"),
    Act.ERASE: _("technical, erased on request"),
}
EXPORT, KEEP, ERASE = Act


@dataclass(frozen=True)
class Holding:
    """What one model holds about people, and what becomes of it."""

    label: str
    act: Act
    retention: str
    why: Text
    paths: tuple[str, ...]
    find: Callable[[Any], Q] | None
    fields: tuple[str, ...] | None
    reveal: Mapping[str, Callable[[Any], Any]]
    blank: Mapping[str, Any]
    since: str
    only: Q
    title: Text

    @cached_property
    def model(self) -> type[models.Model]:
        return apps.get_model(self.label)

    @property
    def name(self) -> str:
        """What it is called on the page of one's data."""
        return str(self.title or self.model._meta.verbose_name_plural)

    def rows(self) -> models.QuerySet[Any]:
        return self.model._base_manager.filter(self.only)

    def about(self, person: Any) -> Q:
        """The rows about this person."""
        conditions = [Q(**{path: person.pk}) for path in self.paths]
        if self.find is not None:
            conditions.append(self.find(person))
        return reduce(or_, conditions)

    def rows_of(self, person: Any) -> models.QuerySet[Any]:
        return self.rows().filter(pk__in=self.rows().filter(self.about(person)).values("pk"))

    def copied_fields(self) -> tuple[str, ...]:
        """The fields that belong in the copy; none for what is technical."""
        if self.act is Act.ERASE:
            return ()
        if self.fields is not None:
            return (*self.fields, *self.reveal)
        plain = (f.name for f in self.model._meta.concrete_fields if not isinstance(f, models.BinaryField))
        return (*plain, *(name for name in self.reveal if name not in self._plain))

    @cached_property
    def _plain(self) -> set[str]:
        return {f.name for f in self.model._meta.concrete_fields if not isinstance(f, models.BinaryField)}

    def erase(self, rows: models.QuerySet[Any]) -> int:
        """Blank or delete these rows, a thousand at a time; their files go when the transaction is committed."""
        if self.blank:
            rows = rows.exclude(**self.blank)
        done = 0
        while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
            batch = self.model._base_manager.filter(pk__in=keys)
            self._drop_files(batch)
            if self.blank:
                batch.update(**self.blank)
            else:
                batch.delete()
            done += len(keys)
        return done

    def _drop_files(self, rows: models.QuerySet[Any]) -> None:
        for field_ in self.model._meta.concrete_fields:
            if isinstance(field_, models.FileField) and (not self.blank or field_.name in self.blank):
                for name in rows.exclude(**{field_.name: ""}).values_list(field_.name, flat=True):
                    transaction.on_commit(partial(field_.storage.delete, name))


@dataclass
class Register:
    """All holdings, in the order in which they were said."""

    holdings: list[Holding] = field(default_factory=list)

    def of_model(self, label: str) -> list[Holding]:
        return [holding for holding in self.holdings if holding.label == label]

    def children_first(self) -> list[Holding]:
        """So that no row is deleted to which another one still points."""
        ordered: list[Holding] = []
        seen: set[type[models.Model]] = set()
        by_model: dict[type[models.Model], list[Holding]] = {}
        for holding in self.holdings:
            by_model.setdefault(holding.model, []).append(holding)

        def visit(model: type[models.Model]) -> None:
            if model in seen:
                return
            seen.add(model)
            for other in by_model:
                if model in _targets(other):
                    visit(other)
            ordered.extend(by_model[model])

        for model in by_model:
            visit(model)
        return ordered


register = Register()


def personal(
    model: str,
    *,
    person: str | Iterable[str] = (),
    act: Act,
    retention: str,
    why: Text,
    find: Callable[[Any], Q] | None = None,
    fields: Iterable[str] | None = None,
    reveal: Mapping[str, Callable[[Any], Any]] | None = None,
    blank: Mapping[str, Any] | None = None,
    since: str = "",
    only: Q | None = None,
    title: Text = "",
) -> None:
    """Say that ``model`` ("app.Model") holds something about people.

    ``person``: path or paths to the person; ``find``: a condition, where no key leads there. ``fields``: what belongs in the
    copy (all that is no binary when left out); ``reveal``: fields to be opened for the copy. ``blank``: what erasing sets
    (the row is deleted when left out). ``since``: field from which the period of ``retention`` counts (as long as the account
    when left out). ``only``: the rows meant, where a model is said in parts. ``title``: what people call it, where that is not
    the model's name.
    """
    register.holdings.append(
        Holding(
            label=model,
            act=act,
            retention=retention,
            why=why,
            paths=(person,) if isinstance(person, str) else tuple(person),
            find=find,
            fields=None if fields is None else tuple(fields),
            reveal=reveal or {},
            blank=blank or {},
            since=since,
            only=only or Q(),
            title=title,
        )
    )


def history(*labels: str) -> None:
    """Say that these are recorded changes: append-only, ids in the place of names."""
    for label in labels:
        personal(
            label,
            person=(),
            find=lambda person: Q(pk__in=[]),
            act=KEEP,
            retention="audit",
            why=_("Who changed what: recorded by the database, never rewritten; it names people by number alone."),
            fields=(),
        )


def leading_to_people(candidates: Iterable[type[models.Model]]) -> set[type[models.Model]]:
    """The models among these from which keys lead to a person, directly or over other models."""
    found: set[type[models.Model]] = {get_user_model()}
    pool = [model for model in candidates if model._meta.managed and not model._meta.proxy]
    grown = True
    while grown:
        more = {model for model in pool if model not in found and found & set(_targets(model))}
        grown = bool(more)
        found |= more
    return found & {*pool, get_user_model()}


def unclassified(candidates: Iterable[type[models.Model]]) -> list[str]:
    """The labels of those that lead to a person and are not in the register."""
    known = {holding.label for holding in register.holdings}
    return sorted(model._meta.label for model in leading_to_people(candidates) if model._meta.label not in known)


def _targets(model: type[models.Model]) -> Iterator[type[models.Model]]:
    for field_ in model._meta.concrete_fields:
        if isinstance(field_, models.ForeignKey) and isinstance(field_.related_model, type):
            yield field_.related_model
