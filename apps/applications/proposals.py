"""A university applies on behalf of a student who has lost a place."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.bases.models import Position
from apps.core.actor import Actor
from apps.core.errors import WrongState
from apps.core.services import fetch, service
from apps.notifications.services import notify
from apps.organizations.models import Membership, Organization, Role

from .claim import Claim, claim
from .models import Application
from .policies import can_propose
from .services import announce_accepted, clean_statement, why_not


@service
def application_propose(actor: Actor, *, student_id: int, position_id: int, statement: str) -> Application:
    """Apply for a place for a student of the acting university (a membership), who is told and can withdraw it.

    Otherwise like ``application_submit``.
    """
    student = fetch(Membership.objects.visible_to(actor).current(), pk=student_id, role=Role.STUDENT)
    can_propose(actor, student).require()
    fetch(Position.objects.visible_to(actor), pk=position_id)
    statement = clean_statement(statement)
    as_student = Actor(
        membership_id=student.pk,
        organization_id=student.organization_id,
        organization_kind=Organization.Kind.UNIVERSITY,
        role=Role.STUDENT,
    )
    result = _claim(as_student, position_id, statement)
    application = result.application
    if application is None:
        raise WrongState(why_not(result, position_id))
    if result.is_new:
        if application.state == Application.State.ACCEPTED:
            announce_accepted(actor, application)
        else:
            notify("application_submitted", key=str(application.pk), application=application.pk)
        notify("application_proposed", key=str(application.pk), application=application.pk)
    return application


def _claim(student: Actor, position_id: int, statement: str) -> Claim:
    """When the student's own request is faster, the second try finds it."""
    now, today = timezone.now(), timezone.localdate()
    try:
        with transaction.atomic():
            return claim(student, position_id=position_id, statement=statement, now=now, today=today)
    except IntegrityError:
        return claim(student, position_id=position_id, statement=statement, now=now, today=today)
