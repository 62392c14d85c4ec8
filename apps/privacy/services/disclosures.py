"""What is shown for a reason alone is recorded here."""

from __future__ import annotations

from apps.accounts.models import User
from apps.core.actor import Actor
from apps.core.errors import NotAllowed
from apps.core.services import fetch, require_reason, save_valid, service

from ..models import Disclosure


@service
def disclosure_record(actor: Actor, *, subject_id: int, what: str, reason: str) -> Disclosure:
    """Record, before it is shown, that the actor looks at ``what`` of this person and why; the person can read it.

    ``ValidationError`` without a reason; ``NotAllowed`` for who is no person. Each look is a row of its own.
    """
    if not actor.is_person:
        raise NotAllowed
    disclosure = Disclosure(
        subject=fetch(User.objects.all(), pk=subject_id),
        viewer_id=actor.user_id,
        membership_id=actor.membership_id,
        organization_id=actor.organization_id,
        what=what,
        reason=require_reason(reason),
    )
    save_valid(disclosure)
    return disclosure
