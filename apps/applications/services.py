"""Applying for a place, deciding on it, withdrawing."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.bases.models import Intake, Position
from apps.bases.policies import takes_applications
from apps.bases.services import place_free, place_take
from apps.core.actor import Actor
from apps.core.errors import Text, WrongState
from apps.core.services import fetch, fetch_locked, move, require_reason, save_valid, service
from apps.notifications.services import notify

from .claim import Claim, claim
from .events import PLACE_IS_FREE, application_accepted, application_withdrawn
from .models import Application
from .policies import can_apply, can_review, can_withdraw


def application_submit(actor: Actor, *, position_id: int, statement: str) -> Application:
    """Apply for a place as the acting student.

    First come, first served: takes the place and is accepted at once, and student and university are told; otherwise the
    host's reviewers are told. ``WrongState`` when no place is left or the intake takes no applications. A repeat returns the
    student's live application in the intake, also when all places are taken by then.
    """
    try:
        return _submit(actor, position_id=position_id, statement=statement)
    except IntegrityError:
        # The student's other request was faster; its application is there now, and this one's place was given back.
        return _submit(actor, position_id=position_id, statement=statement)


@service
def _submit(actor: Actor, *, position_id: int, statement: str) -> Application:
    if not can_apply(actor):
        fetch(Position.objects.visible_to(actor), pk=position_id)
        can_apply(actor).require()
    statement = clean_statement(statement)
    result = claim(actor, position_id=position_id, statement=statement, now=timezone.now(), today=timezone.localdate())
    application = result.application
    if application is None:
        raise WrongState(why_not(result, position_id))
    if result.is_new and application.state == Application.State.ACCEPTED:
        announce_accepted(actor, application)
    elif result.is_new:
        notify("application_submitted", key=str(application.pk), application=application.pk)
    return application


def clean_statement(statement: str) -> str:
    """As the form does it; the database would take any length."""
    statement = statement.strip()
    limit = Application._meta.get_field("statement").max_length or 0
    if not statement:
        raise ValidationError({"statement": _("Say why you want this position: the base will read it.")})
    if len(statement) > limit:
        text = _("This is too long: %(length)s characters, and %(limit)s are possible.")
        raise ValidationError({"statement": text % {"length": len(statement), "limit": limit}})
    return statement


def why_not(result: Claim, position_id: int) -> Text:
    """Why nothing came of a claim."""
    if result.takes:
        return _("All places of this position are taken.")
    intake = Intake.objects.select_related("base__agreement").get(positions=position_id)
    return takes_applications(intake).reason


def announce_accepted(actor: Actor, application: Application) -> None:
    """Apps above and people learn that an application holds a place."""
    application_accepted.send(Application, actor=actor, application=application)
    notify("application_accepted", key=str(application.pk), application=application.pk)


@service
def application_accept(actor: Actor, *, application_id: int) -> Application:
    """Give the student a place; student and university are told.

    ``WrongState`` when no place is left, or the application was rejected or withdrawn. A repeat returns it as it is.
    """
    application = fetch_locked(Application.objects.visible_to(actor), pk=application_id)
    can_review(actor, application).require()
    if application.state == Application.State.ACCEPTED:
        return application
    move(application.accept)
    if not place_take(application.position_id):
        raise WrongState(_("All places of this position are taken."))
    save_valid(application)
    announce_accepted(actor, application)
    return application


@service
def application_reject(actor: Actor, *, application_id: int, reason: str) -> Application:
    """Say no, with a reason that the student reads. A repeat returns the application as it is."""
    application = fetch_locked(Application.objects.visible_to(actor), pk=application_id)
    can_review(actor, application).require()
    if application.state == Application.State.REJECTED:
        return application
    move(application.reject, require_reason(reason))
    save_valid(application)
    notify("application_rejected", key=str(application.pk), application=application.pk)
    return application


@service
def application_withdraw(actor: Actor, *, application_id: int) -> Application:
    """Take the application back; the place of an accepted one is free again and the host's reviewers are told.

    ``WrongState`` once a placement has come of it, or after a rejection. A repeat returns the application as it is.
    """
    application = fetch_locked(Application.objects.visible_to(actor), pk=application_id)
    can_withdraw(actor, application).require()
    if application.state == Application.State.WITHDRAWN:
        return application
    held_place = application.state == Application.State.ACCEPTED
    move(application.withdraw)
    save_valid(application)
    answers = application_withdrawn.send(Application, actor=actor, application=application)
    if held_place and PLACE_IS_FREE not in [answer for _receiver, answer in answers]:
        place_free(application.position_id)
    notify("application_withdrawn", key=str(application.pk), application=application.pk)
    return application
