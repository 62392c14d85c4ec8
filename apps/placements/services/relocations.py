"""Students whose place loses its agreement: found, placed elsewhere, settled."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.agreements.models import Agreement
from apps.agreements.services import agreement_terminate, agreement_withdraw
from apps.applications.models import Application
from apps.applications.proposals import application_propose
from apps.core.actor import Actor
from apps.core.errors import WrongState
from apps.core.services import fetch_locked, require_reason, save_valid, service
from apps.notifications.services import notify

from ..models import Placement, Relocation
from ..policies import can_settle
from .placements import placement_break_off


def applications_losing(agreement: Agreement, last_day: date) -> QuerySet[Application]:
    """Those whose student holds a place, or works, under the agreement or at its bases, and longer than until ``last_day``."""
    under = Q(intake__base__agreement=agreement) | Q(placement__agreement=agreement)
    waiting = Q(placement=None, intake__ends_on__gt=last_day)
    working = Q(placement__state__in=Placement.UNDER_WAY, placement__ends_on__gt=last_day)
    return Application.objects.filter(under, waiting | working, state=Application.State.ACCEPTED)


def relocations_find(agreement: Agreement) -> None:
    """List every student who loses the place, in the transaction that ends the agreement; a repeat adds those that are new.

    Student and tutors are told of each, who arranges placements of the whole list.
    """
    losing = applications_losing(agreement, agreement.final_day).filter(relocation=None).order_by("pk")
    rows = [
        Relocation(
            agreement=agreement,
            application=application,
            student_id=application.student_id,
            university_id=application.university_id,
            host_id=application.host_id,
        )
        for application in losing.select_for_update(of=("self",), no_key=True)
    ]
    for row in Relocation.objects.bulk_create(rows):
        notify("relocation_needed", key=str(row.pk), relocation=row.pk)
    if rows:
        key = f"{agreement.pk}:{timezone.now().isoformat()}"
        notify("relocations_found", key=key, agreement=agreement.pk)


@service
def relocations_propose(actor: Actor, *, relocation_ids: Collection[int], position_id: int, statement: str) -> int:
    """Apply for a place at another base on behalf of these students of the acting university; returns for how many.

    The students are told, and the host decides as on any application; where the first come are served they hold the place at
    once. All or none: ``WrongState`` when there are too few places or one of them is settled.
    """
    ids = sorted(set(relocation_ids))
    for pk in ids:
        row = fetch_locked(Relocation.objects.visible_to(actor), pk=pk)
        can_settle(actor, row).require()
        _require_open(row)
        application_propose(actor, student_id=row.student_id, position_id=position_id, statement=statement)
    return len(ids)


@service
def relocation_settle(actor: Actor, *, relocation_id: int, reason: str) -> Relocation:
    """Take a student off the list who needs no other base, with the reason. A repeat returns the row as it is."""
    row = fetch_locked(Relocation.objects.visible_to(actor), pk=relocation_id)
    can_settle(actor, row).require()
    if row.settled_at is None:
        row.reason, row.settled_at = require_reason(reason), timezone.now()
        row.settled_by_id = actor.membership_id or None
        save_valid(row)
    return row


def relocations_follow(actor: Actor, placement: Placement) -> None:
    """Work has begun: the student is off the list, and what still ran at the base that falls away is broken off."""
    rows = (
        Relocation.objects.open().filter(student_id=placement.student_id).exclude(agreement=placement.base.agreement_id)
    )
    for row in rows.select_for_update(of=("self",), no_key=True).exclude(application=placement.application_id):
        row.followed_by, row.settled_at = placement, timezone.now()
        row.settled_by_id = actor.membership_id or None
        save_valid(row)
        before = Placement.objects.filter(application=row.application_id, state__in=Placement.UNDER_WAY).first()
        if before is not None:
            reason = _("Moved to another base: %(base)s.") % {"base": placement.base}
            placement_break_off(Actor.system("placements.relocation"), placement_id=before.pk, reason=reason)


def relocation_completed(placement: Placement) -> None:
    """The work was done before the agreement ended: no other base is needed."""
    row = Relocation.objects.open().filter(application=placement.application_id).first()
    if row is not None:
        row.reason, row.settled_at = _("The placement was completed."), timezone.now()
        save_valid(row)


def agreement_without_placement(placement: Placement) -> None:
    """End the tri-party agreement of a placement that is broken off, or give it up: there is nothing left for it to settle."""
    agreement, system = placement.agreement, Actor.system("placements.broken_off")
    if agreement is None:
        return
    if agreement.state in Agreement.STANDING:
        cause = Agreement.Cause.PURPOSE
        agreement_terminate(system, agreement_id=agreement.pk, cause=cause, reason=placement.reason)
    elif agreement.in_force_at is None and agreement.ended_at is None:
        agreement_withdraw(system, agreement_id=agreement.pk, reason=placement.reason)


def _require_open(row: Relocation) -> None:
    if row.settled_at is not None:
        raise WrongState(_("This student needs no other base any more."))
