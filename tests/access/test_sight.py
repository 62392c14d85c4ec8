"""The page “who can see this” and ``visible_to`` say the same of everybody, and the page names no stranger."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.urls import reverse

from apps.agreements.models import AgreementQuerySet
from apps.agreements.services import agreement_terminate
from apps.bases.models import BaseQuerySet
from apps.organizations.models import Membership, OrganizationQuerySet
from apps.organizations.services import person_right_grant, role_right_grant
from apps.organizations.sight import anchor_of, anchors
from tests.factories.organizations import actor_as

from . import bodies
from .cast import Cast

ANCHORS = [
    ("organization", "organization"),
    ("base", "base"),
    ("agreement", "agreement"),
    ("agreement", "draft_agreement"),
    ("agreement", "submitted_agreement"),
]
MANAGERS = {"organization": "firm_administrator", "base": "firm", "agreement": "school"}


def disagreements(cast: Cast) -> Iterator[str]:
    for name, thing in ANCHORS:
        anchor, row = anchor_of(name), cast.things[thing]
        row.refresh_from_db()
        listed = {key for reason in anchor.reasons(row) for key in reason.members.values_list("pk", flat=True)}
        for persona, member in cast.people.items():
            sees = anchor.rows().visible_to(actor_as(member)).filter(pk=row.pk).exists()  # type: ignore[attr-defined]  # every anchor's rows have it
            if sees != (member.pk in listed and _acts(member)):
                yield f"{thing}: {persona} {'sees it and is not listed' if sees else 'is listed and does not see it'}"


def _acts(member: Membership) -> bool:
    return Membership.objects.current().filter(pk=member.pk).exists()


def test_the_page_lists_those_who_see_it_and_nobody_else(cast: Cast) -> None:
    assert {name for name, _thing in ANCHORS} == {anchor.name for anchor in anchors()}
    assert list(disagreements(cast)) == []


def test_nobody_is_listed_who_acts_no_more(cast: Cast) -> None:
    for name, thing in ANCHORS:
        for reason in anchor_of(name).reasons(cast.things[thing]):
            for persona in ("ended", "suspended", "disabled"):
                assert not reason.members.filter(pk=cast.people[persona].pk).exists(), f"{thing}: {persona}"


def test_the_page_follows_what_changes(cast: Cast) -> None:
    """Granted rights and an agreement that ended: still the same on both sides."""
    administrator, tutor = cast.people["school_administrator"], cast.people["academic_tutor"]
    role_right_grant(actor_as(administrator), role="tutor", codename="view_agreements")
    person_right_grant(actor_as(administrator), membership_id=cast.people["student"].pk, codename="view_agreements")
    agreement_terminate(actor_as(cast.people["school"]), agreement_id=cast.things["agreement"].pk, **bodies.TERMINATION)
    assert list(disagreements(cast)) == []
    listed = [reason.members for reason in anchor_of("agreement").reasons(cast.things["agreement"])]
    assert any(members.filter(pk=tutor.pk).exists() for members in listed)


@pytest.mark.parametrize("rows", [AgreementQuerySet, BaseQuerySet, OrganizationQuerySet])
def test_disagreements_finds_a_visibility_that_changed(rows: type, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a ``visible_to`` that shows other rows is found out."""
    other = (lambda rows, actor: rows.none()) if rows is OrganizationQuerySet else (lambda rows, actor: rows)
    monkeypatch.setattr(rows, "visible_to", other)
    assert list(disagreements(cast)) != []


@pytest.mark.parametrize(("name", "thing"), ANCHORS)
def test_the_page_names_colleagues_and_counts_others(name: str, thing: str, cast: Cast) -> None:
    reader = cast.people[MANAGERS[name]]
    page = cast.visitors[MANAGERS[name]].browser().get(reverse(f"organizations:{name}_sight", args=[cast.key(thing)]))
    assert page.status_code == 200
    text = page.content.decode().rsplit("<main", maxsplit=1)[-1]
    people = Membership.objects.select_related("user")
    for member in people.exclude(organization=reader.organization_id).exclude(user__memberships=reader):
        assert not re.search(rf"\b{re.escape(member.user.name)}\b", text), member.user.name
    if name != "organization":
        assert re.search(rf"\b{re.escape(reader.user.name)}\b", text)
