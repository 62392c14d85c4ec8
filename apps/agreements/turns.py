"""Whose turn it is, since when, and what an actor may do about each signature that a version needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor
from apps.core.errors import ALLOWED, Decision

from .models import AgreementVersion, Signature, Signer, SigningLink
from .policies import can_be_signed, can_confirm_paper, can_record_paper, can_sign, may_fill
from .services.signers import acts_for

State = AgreementVersion.State


@dataclass(frozen=True, slots=True)
class Turn:
    """One signature that is needed: who has given it, or since when it is missing, and what the actor may do."""

    signer: Signer
    signature: Signature | None
    standing: str
    """``done``, ``unconfirmed`` (on paper), ``due`` or ``later``."""
    since: datetime | None
    link: SigningLink | None
    replace: bool
    remind: bool
    record: bool
    confirm: Decision | None

    @property
    def is_open(self) -> bool:
        """Whether the actor may do something about it, or is told why not."""
        return self.replace or self.remind or self.record or self.confirm is not None


def with_papers(version: AgreementVersion) -> AgreementVersion:
    """Fetch along what a page about signatures shows beside them: scans, who confirmed, links."""
    links = Prefetch("signers__links", SigningLink.objects.order_by("-pk"))
    prefetch_related_objects(
        [version], "signers__signatures__scan__added_by", "signers__signatures__confirmed_by__user", links
    )
    return version


def own_turn(actor: Actor, version: AgreementVersion) -> tuple[Signer | None, Decision]:
    """The signature that the actor may give now; otherwise why not."""
    decision = can_sign(actor, version)
    if not decision:
        return None, decision
    decision = can_be_signed(version, timezone.localdate())
    if not decision:
        return None, decision
    given = (signer.standing for signer in version.circuit)
    if any(signature is not None and signature.membership_id == actor.membership_id for signature in given):
        return None, Decision(False, _("You have signed."))
    fitting = [signer for signer in version.circuit if may_fill(actor, signer)]
    missing = [signer for signer in fitting if signer.standing is None]
    if missing:
        waiting = version.waiting()
        mine = next((signer for signer in missing if signer in waiting), None)
        if mine is not None:
            return mine, ALLOWED
        who = ", ".join(str(signer) for signer in waiting)
        return None, Decision(False, _("Others sign first: %(who)s.") % {"who": who})
    if fitting:
        return None, Decision(False, _("Your side has signed already."))
    return None, Decision(False, _("Somebody else is named to sign for your side."))


def turns_of(actor: Actor, version: AgreementVersion) -> list[Turn]:
    """Every signature that the version needs, in order. Fetch the version ``whole()`` and ``with_papers``."""
    waiting = version.waiting() if version.state == State.AWAITING_SIGNATURES else []
    recording = bool(waiting) and bool(can_record_paper(actor, version))
    return [_turn(actor, version, signer, signer in waiting, recording) for signer in version.circuit]


def _turn(actor: Actor, version: AgreementVersion, signer: Signer, due: bool, recording: bool) -> Turn:
    signature = signer.standing
    unconfirmed = signature is not None and not signature.counts
    is_open = version.state == State.AWAITING_SIGNATURES
    named = is_open and signature is None and signer.capacity != Signer.Capacity.STUDENT
    return Turn(
        signer=signer,
        signature=signature,
        standing=("unconfirmed" if unconfirmed else "done") if signature else ("due" if due else "later"),
        since=since_of(version, signer) if due else None,
        link=next(iter(signer.links.all()), None) if due and signer.email else None,
        replace=named and acts_for(actor, signer.party),
        remind=due and recording and bool(signer.email),
        record=due and recording,
        confirm=can_confirm_paper(actor, version, signature) if is_open and unconfirmed and signature else None,
    )


def since_of(version: AgreementVersion, signer: Signer) -> datetime | None:
    """Since when it is this signer's turn: the text was submitted, and all of an earlier turn had signed."""
    before = [one.standing for one in version.circuit if one.order < signer.order]
    moments = [version.submitted_at, *(signature.signed_at for signature in before if signature is not None)]
    return max((moment for moment in moments if moment is not None), default=None)
