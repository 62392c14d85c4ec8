"""Sheets that are not handed in follow the tutor."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet
from django.dispatch import receiver
from django.utils.translation import ngettext

from apps.organizations.events import OpenWork, membership_ending, open_work_asked
from apps.organizations.models import Membership
from apps.placements.events import tutor_replaced

from .models import Evaluation

SHOWN = 20


@receiver(tutor_replaced)
def pass_sheets_on(placement_ids: Collection[int], side: str, tutor_id: int, **kwargs: Any) -> None:
    """Who becomes tutor of a placement scores what the former tutor has not handed in."""
    _pass_on(Evaluation.objects.pending().filter(placement_id__in=placement_ids, side=side), tutor_id)


@receiver(open_work_asked)
def say_what_is_open(membership: Membership, **kwargs: Any) -> list[OpenWork]:
    sheets = Evaluation.objects.pending().filter(evaluator=membership).order_by("pk")
    names = tuple(sheets.values_list("placement__student__user__name", flat=True))
    if not names:
        return []
    text = ngettext("%(count)d evaluation sheet to score", "%(count)d evaluation sheets to score", len(names))
    return [OpenWork(text % {"count": len(names)}, names[:SHOWN])]


@receiver(membership_ending)
def hand_over(membership: Membership, successor: Membership | None, **kwargs: Any) -> None:
    """Those of placements that have ended meanwhile, too, whose tutors stay as they were."""
    if successor is not None:
        _pass_on(Evaluation.objects.pending().filter(evaluator=membership), successor.pk)


def _pass_on(sheets: QuerySet[Evaluation], tutor_id: int) -> None:
    # Held first: one that is handed in at this moment stays with who scored it.
    held = list(sheets.select_for_update(of=("self",), no_key=True).order_by("pk"))
    Evaluation.objects.filter(pk__in=[sheet.pk for sheet in held]).update(evaluator_id=tutor_id)
