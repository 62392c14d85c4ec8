"""What becomes of an open version when somebody who signs it leaves their organization."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext as _

from apps.core.actor import Actor
from apps.core.services import move, service
from apps.organizations.models import Membership

from ..models import AgreementVersion
from .circuit import close, last_locked, name_signer
from .signers import Slot


@service
def signer_left(actor: Actor, *, agreement_id: int, membership_id: int, successor_id: int = 0) -> None:
    """What the person was to sign, or stood in for, passes to the successor; unless they may sign, to whoever may.

    What was signed stays. A repeat changes nothing.
    """
    version = last_locked(actor, agreement_id)
    if version.state not in AgreementVersion.OPEN:
        return
    may = Membership.objects.holding("sign_agreements").exclude(pk=membership_id).filter(pk=successor_id)
    for signer in version.circuit:
        if signer.standing is not None or membership_id not in {signer.membership_id, signer.deputy_id}:
            continue
        follows = may.filter(organization_id=signer.party.organization_id or 0)
        new = successor_id if follows.exists() else 0
        slot = Slot.of(signer)
        if signer.membership_id == membership_id:
            slot = replace(slot, membership=new, deputy=0 if slot.deputy == new else slot.deputy)
        else:
            slot = replace(slot, deputy=0 if slot.membership == new else new)
        name_signer(actor, version, signer, slot)


@service
def student_left(actor: Actor, *, agreement_id: int, membership_id: int) -> None:
    """A version that is not signed by all cannot be any more: it is withdrawn, all parties are told. A repeat changes nothing."""
    version = last_locked(actor, agreement_id)
    asked = membership_id in {signer.party.student_id for signer in version.circuit}
    if asked and version.state in AgreementVersion.OPEN:
        move(version.withdraw, _("The student has left the school."))
        close(actor, version, "withdrawn")
