"""Search over all apps, each through what the actor sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.agreements.models import Agreement
from apps.bases.models import Base, Intake
from apps.core.actor import Actor
from apps.organizations.models import Organization
from apps.placements.models import Placement

SHOWN = 8
SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Hit:
    label: str
    meta: str
    url: str


@dataclass(frozen=True, slots=True)
class Group:
    """The hits of one kind."""

    label: str | Promise
    hits: list[Hit]


def search_all(actor: Actor, words: str) -> list[Group]:
    """Hits by kind, at most ``SHOWN`` each, one statement a kind; none for fewer than two characters."""
    if len(words) < SHORTEST or not actor.is_member:
        return []
    named = Q(name__icontains=words) | Q(name_en__icontains=words)
    titled = Q(title__icontains=words)
    groups = [
        _group(_("Agreements"), Agreement.objects.visible_to(actor).filter(titled), "agreements:agreement_detail"),
        _group(_("Bases"), Base.objects.visible_to(actor).filter(named), "bases:base_detail"),
        _group(_("Intakes"), Intake.objects.visible_to(actor).filter(titled), "bases:intake_detail"),
        _group(
            _("Placements"),
            Placement.objects.visible_to(actor)
            .filter(student__user__name__icontains=words)
            .select_related("student__user", "base"),
            "placements:placement_detail",
        ),
        _group(
            _("Organizations"),
            Organization.objects.visible_to(actor).filter(named | Q(code=words)),
            "organizations:organization_detail",
        ),
    ]
    return [group for group in groups if group.hits]


def _group(label: str | Promise, rows: models.QuerySet[Any], url_name: str) -> Group:
    hits = []
    for row in rows.order_by("-pk")[:SHOWN]:
        is_placement = isinstance(row, Placement)
        hits.append(
            Hit(
                label=row.student.user.name if is_placement else str(row),
                meta=str(row.base) if is_placement else "",
                url=reverse(url_name, args=[row.pk]),
            )
        )
    return Group(label, hits)
