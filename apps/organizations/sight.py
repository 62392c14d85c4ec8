"""Who can see an anchor, and why: an app says it in its ``sight.py``, beside the ``visible_to`` that decides.

The two are written apart and must agree: tests ask both for everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor
from apps.core.errors import Decision, Text

from .models import Membership, Organization, Region
from .rights import can_manage_rights


@dataclass(frozen=True)
class Reason:
    """Why these memberships see it, in words; ``everyone``: so many that their organizations are counted, not named."""

    words: Text
    members: QuerySet[Membership]
    everyone: bool = False


@dataclass(frozen=True)
class Anchor:
    """A kind of object of which it can be asked who sees it.

    ``name`` stands in the address; ``decide`` says who may ask; ``staff``: the platform's staff see it in the portal too.
    """

    name: str
    title: Text
    rows: Callable[[], QuerySet[Any]]
    decide: Callable[[Actor, Any], Decision]
    home: Callable[[Any], str]
    reasons: Callable[[Any], list[Reason]]
    staff: bool = False


_anchors: dict[str, Anchor] = {}


def register(anchor: Anchor) -> None:
    if anchor.name in _anchors:
        raise ValueError(f"two anchors {anchor.name}")
    _anchors[anchor.name] = anchor


def anchors() -> list[Anchor]:
    return list(_anchors.values())


def anchor_of(name: str) -> Anchor:
    return _anchors[name]


def governments_over(codes: Iterable[str]) -> QuerySet[Organization]:
    """The government bodies in whose region one of these regions lies, or is it."""
    over = Q(pk__in=[])
    for code in codes:
        for level in Region.Level:
            over |= Q(region__level=level, region__code__startswith=code[: 2 * level])
    return Organization.objects.filter(over, kind=Organization.Kind.GOVERNMENT)


register(
    Anchor(
        name="organization",
        title=_("Who can see this organization"),
        rows=Organization.objects.all,
        decide=lambda actor, organization: can_manage_rights(actor, organization.pk),
        home=lambda organization: reverse("organizations:organization_detail", args=[organization.pk]),
        reasons=lambda organization: [
            Reason(
                _("Everybody who belongs to an organization: whom to make an agreement with has to be found."),
                Membership.objects.current(),
                everyone=True,
            )
        ],
        staff=True,
    )
)
