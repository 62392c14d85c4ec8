"""The hottest write of the portal: one day of one student, recorded by the enterprise tutor."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.actor import Actor
from apps.core.errors import WrongState
from apps.core.services import check_version, fetch, fetch_locked, service

from ..models import Placement, ProgressLog
from ..policies import can_log

_RELATIONS = {"placement", "tutor"}
_INSERT = """
    INSERT INTO placements_progresslog
        (placement_id, tutor_id, worked_on, hours, tasks, rating, note, version, created_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (placement_id, worked_on) DO NOTHING
    RETURNING id
"""


@service
def progress_log_record(
    actor: Actor, *, placement_id: int, worked_on: date, hours: Decimal, tasks: str, rating: int, note: str = ""
) -> ProgressLog:
    """Record a day of an active placement. Nobody is told: two statements are the whole cost.

    ``ValidationError`` for a day to come, outside the placement, or logged already with other values. A repeat with the same
    values returns the entry that is there. The placement is not locked: an entry beside its completion counts as before it.
    """
    placement = fetch(Placement.objects.visible_to(actor), pk=placement_id)
    can_log(actor, placement).require()
    _require_active(placement)
    log = ProgressLog(
        placement=placement,
        tutor_id=actor.membership_id,
        worked_on=worked_on,
        hours=hours,
        tasks=tasks,
        rating=rating,
        note=note,
        created_at=timezone.now(),
    )
    log.clean_fields(exclude=_RELATIONS)
    _check_day(placement, log.worked_on)
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            [
                placement.pk,
                log.tutor_id,
                log.worked_on,
                log.hours,
                log.tasks,
                log.rating,
                log.note,
                log.version,
                log.created_at,
            ],
        )
        row = cursor.fetchone()
    if row is None:
        return _present(log)
    log.pk = row[0]
    log._state.adding = False
    return log


def _present(log: ProgressLog) -> ProgressLog:
    """The entry of this day that is there already, when it says the same."""
    present = ProgressLog.objects.get(placement=log.placement_id, worked_on=log.worked_on)
    if _said(present) != _said(log):
        raise ValidationError({"worked_on": _("This day is logged already. Change that entry instead.")})
    return present


def _said(log: ProgressLog) -> tuple[object, ...]:
    return log.hours, log.tasks, log.rating, log.note


def _require_active(placement: Placement) -> None:
    if placement.state != Placement.State.ACTIVE:
        raise WrongState(
            _("Days are logged while a placement is active; this one is “%(state)s”.")
            % {"state": placement.get_state_display()}
        )


def _check_day(placement: Placement, day: date) -> None:
    if day > timezone.localdate():
        raise ValidationError({"worked_on": _("This day has not come yet.")})
    if not placement.starts_on <= day <= placement.ends_on:
        raise ValidationError({"worked_on": _("This day lies outside the placement.")})


@service
def progress_log_revise(
    actor: Actor,
    *,
    log_id: int,
    expected_version: int | None,
    hours: Decimal,
    tasks: str,
    rating: int,
    note: str = "",
) -> ProgressLog:
    """Correct an entry of an active placement; the day stays.

    ``WrongState`` when somebody changed it meanwhile. A repeat with the same values changes nothing.
    """
    log = fetch_locked(ProgressLog.objects.visible_to(actor).select_related("placement"), pk=log_id)
    can_log(actor, log.placement).require()
    _require_active(log.placement)
    before = _said(log)
    log.hours, log.tasks, log.rating, log.note = hours, tasks, rating, note
    log.clean_fields(exclude=_RELATIONS)
    if _said(log) == before:
        return log
    check_version(log, expected_version)
    log.version += 1
    log.save(update_fields=["hours", "tasks", "rating", "note", "version"])
    return log
