"""A full identity number is shown to who gave a reason, and that is recorded."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from apps.core.actor import Actor
from apps.core.errors import NotFound
from apps.core.services import fetch, service
from apps.privacy.services import disclosure_record

from ..models import StudentProfile
from ..policies import can_disclose_identity

WHAT = gettext_noop("identity number")


@service
def identity_disclose(actor: Actor, *, membership_id: int, reason: str) -> str:
    """The full number of a student's document. The look is recorded before, each time, and the student can read of it.

    ``ValidationError`` without a reason, ``NotFound`` when there is no number, ``Unreadable`` when it was tampered with.
    """
    student = fetch(StudentProfile.objects.visible_to(actor).select_related("membership"), pk=membership_id)
    can_disclose_identity(actor).require()
    if student.identity_sealed is None:
        raise NotFound
    number = student.identity
    disclosure_record(actor, subject_id=student.membership.user_id, what=WHAT, reason=reason)
    return number
