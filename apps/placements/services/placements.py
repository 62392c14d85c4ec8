"""Arranging, staffing, starting and ending placements."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.agreements.policies import in_force, opens
from apps.applications.models import Application
from apps.bases.services import place_free
from apps.core.actor import Actor
from apps.core.errors import Text, WrongState
from apps.core.services import fetch_locked, move, require_reason, save_valid, service
from apps.notifications.services import notify
from apps.organizations.models import Membership, Role

from ..events import placement_broken_off, placement_completed, placement_started, tutor_replaced
from ..models import Placement, Side
from ..policies import can_arrange, can_name_academic_tutor, can_name_tutor, can_run


@service
def placement_arrange(
    actor: Actor,
    *,
    application_id: int,
    academic_tutor_id: int,
    starts_on: date | None = None,
    ends_on: date | None = None,
) -> Placement:
    """A placement for an accepted application, with the university's tutor; the host and the student are told.

    The dates are the intake's unless given. ``WrongState`` when the application is not accepted, ``ValidationError`` when the
    tutor is no current tutor of the university. A repeat returns the placement that is there.
    """
    tutor = _held(academic_tutor_id)
    application = fetch_locked(Application.objects.visible_to(actor).select_related("intake"), pk=application_id)
    can_arrange(actor, application).require()
    present = Placement.objects.filter(application=application).first()
    if present is not None:
        return present
    if application.state != Application.State.ACCEPTED:
        raise WrongState(
            _("A placement is arranged for an accepted application; this one is “%(state)s”.")
            % {"state": application.get_state_display()}
        )
    placement = Placement(
        application=application,
        student_id=application.student_id,
        university_id=application.university_id,
        host_id=application.host_id,
        base_id=application.intake.base_id,
        position_id=application.position_id,
        academic_tutor_id=_tutor_of(tutor, application.university_id, "academic_tutor"),
        starts_on=starts_on or application.intake.starts_on,
        ends_on=ends_on or application.intake.ends_on,
    )
    save_valid(placement)
    notify("placement_arranged", key=str(placement.pk), placement=placement.pk)
    return placement


@service
def placement_name_enterprise_tutor(actor: Actor, *, placement_id: int, tutor_id: int) -> Placement:
    """The host names its tutor, or another one later; this tutor and the academic one are told.

    Sheets that the former tutor has not handed in pass to the new one (``tutor_replaced``). ``WrongState`` once the placement
    has ended, ``ValidationError`` when the tutor is no current tutor of the host. Naming the same tutor again changes nothing.
    """
    tutor = _held(tutor_id)
    placement = fetch_locked(Placement.objects.visible_to(actor), pk=placement_id)
    can_name_tutor(actor, placement).require()
    if placement.enterprise_tutor_id == tutor_id:
        return placement
    _require_under_way(placement)
    placement.enterprise_tutor_id = _tutor_of(tutor, placement.host_id, "tutor")
    save_valid(placement)
    _replaced(actor, placement, Side.ENTERPRISE, tutor_id, "enterprise_tutor_named")
    return placement


@service
def placement_name_academic_tutor(actor: Actor, *, placement_id: int, tutor_id: int) -> Placement:
    """The university names another of its tutors; this tutor and the enterprise's are told.

    Otherwise like ``placement_name_enterprise_tutor``.
    """
    tutor = _held(tutor_id)
    placement = fetch_locked(Placement.objects.visible_to(actor), pk=placement_id)
    can_name_academic_tutor(actor, placement).require()
    if placement.academic_tutor_id == tutor_id:
        return placement
    _require_under_way(placement)
    placement.academic_tutor_id = _tutor_of(tutor, placement.university_id, "tutor")
    save_valid(placement)
    _replaced(actor, placement, Side.ACADEMIC, tutor_id, "academic_tutor_named")
    return placement


def _require_under_way(placement: Placement) -> None:
    if placement.state not in Placement.UNDER_WAY:
        raise WrongState(_("The placement has ended; its tutors stay as they were."))


def _replaced(actor: Actor, placement: Placement, side: str, tutor_id: int, notice: str) -> None:
    tutor_replaced.send(Placement, actor=actor, placement_ids=[placement.pk], side=side, tutor_id=tutor_id)
    notify(notice, key=f"{placement.pk}:{tutor_id}:{timezone.now().isoformat()}", placement=placement.pk)


def _held(membership_id: int) -> Membership | None:
    """The tutor, who cannot leave before this transaction ends. Held before the placement, as who leaves holds them too."""
    tutors = Membership.objects.current().filter(role=Role.TUTOR)
    return tutors.select_for_update(of=("self",), no_key=True).filter(pk=membership_id).first()


def _tutor_of(tutor: Membership | None, organization_id: int, field: str) -> int:
    if tutor is None or tutor.organization_id != organization_id:
        raise ValidationError({field: _("This is not a current tutor of the organization.")})
    return tutor.pk


def obstacle_to_start(placement: Placement) -> Text:
    """Why a placement that is being prepared cannot start today; empty when it can."""
    if not placement.has_both_tutors():
        return _("The host has not named the enterprise tutor yet.")
    backed = in_force(placement.base.agreement)
    if not backed:
        return backed.reason
    if placement.agreement is None:
        return _("There is no tri-party agreement yet. The university makes it.")
    return opens(placement.agreement, "start").reason


@service
def placement_start(actor: Actor, *, placement_id: int) -> Placement:
    """Work begins: days are logged and journals written from now on; the student and both tutors are told.

    ``WrongState`` without both tutors, or unless the agreement of the base and the tri-party one are in force. A
    repeat returns the placement as it is.
    """
    placement = fetch_locked(Placement.objects.visible_to(actor), pk=placement_id)
    can_run(actor, placement).require()
    if placement.state == Placement.State.ACTIVE:
        return placement
    if placement.state == Placement.State.PREPARING and (obstacle := obstacle_to_start(placement)):
        raise WrongState(obstacle)
    move(placement.start)
    save_valid(placement)
    placement_started.send(Placement, actor=actor, placement=placement)
    notify("placement_started", key=str(placement.pk), placement=placement.pk)
    return placement


@service
def placement_complete(actor: Actor, *, placement_id: int) -> Placement:
    """The work is done. A repeat returns the placement as it is."""
    placement = fetch_locked(Placement.objects.visible_to(actor), pk=placement_id)
    can_run(actor, placement).require()
    if placement.state == Placement.State.COMPLETED:
        return placement
    move(placement.complete)
    save_valid(placement)
    placement_completed.send(Placement, actor=actor, placement=placement)
    return placement


@service
def placement_break_off(actor: Actor, *, placement_id: int, reason: str) -> Placement:
    """End a placement early. In order: the state, the place is free again, the event, everybody concerned is told.

    ``ValidationError`` without a reason. A repeat returns the placement as it is and frees nothing again.
    """
    placement = fetch_locked(Placement.objects.visible_to(actor), pk=placement_id)
    can_run(actor, placement).require()
    if placement.state == Placement.State.BROKEN_OFF:
        return placement
    reason = require_reason(reason)
    move(placement.break_off, reason)
    save_valid(placement)
    place_free(placement.position_id)
    placement_broken_off.send(Placement, actor=actor, placement=placement)
    notify("placement_broken_off", key=str(placement.pk), placement=placement.pk)
    return placement
