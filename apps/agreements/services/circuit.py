"""The signing circuit: a version is shown, signed in turn, sent back, refused or withdrawn, and comes into force."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.actor import Actor
from apps.core.errors import NotAllowed, NotFound, WrongState
from apps.core.services import fetch, fetch_locked, move, require_confirmed, require_reason, save_valid, service
from apps.notifications.services import notify
from apps.organizations.services import grant_to_roles, revoke_grants, sync_grants

from ..differences import changed_since
from ..events import agreement_amended, agreement_in_force
from ..models import Agreement, AgreementParty, AgreementVersion, Obligation, Signature, Signer
from ..models.agreements import canonical
from ..policies import can_be_signed, can_edit, can_sign, can_withdraw, may_fill, under_framework
from .chain import chain_append, time_of
from .complete import check_complete
from .links import links_drop, links_send
from .signers import Slot, acts_for, check_person, signature_void

GRANTED = ("view_agreement", "sign_agreement")
"""What who signs for a party holds on each agreement that was submitted."""
State = AgreementVersion.State


@dataclass(frozen=True, slots=True)
class Evidence:
    """How it was proved who signs: the second factor (``totp``, ``webauthn``), the address and the browser."""

    factor: str = ""
    address: str = ""
    agent: str = ""


class ContentChanged(WrongState):
    """What the person had before them is not what would be signed now; ``shown`` is the hash of what they had."""

    kind = "urn:collab-portal:problem:content-changed"

    def __init__(self, version: AgreementVersion, party: int, shown: str) -> None:
        super().__init__(_("The agreement is not the one that you were shown. Read what has changed, then sign."))
        self.version, self.party, self.shown = version, party, shown

    def members(self) -> dict[str, Any]:
        """The hash to sign now, and what changed; ``differences`` is ``None`` where that text was never shown."""
        found = changed_since(self.version, self.party, self.shown)
        return {
            "version": self.version.pk,
            "content_hash": self.version.hash_for(self.party),
            "differences": None if found is None else [change.plain() for change in found],
        }


@service
def agreement_submit(actor: Actor, *, agreement_id: int) -> AgreementVersion:
    """Show the draft to all parties and ask those whose turn it is to sign.

    In order: the state; signatures from before that a change concerns become void, and only those; the chain; the signing roles
    of the parties are granted the agreement; links and notices. ``ValidationError`` while something is missing that the mode
    requires. A repeat returns the version as it is.
    """
    version = open_locked(actor, agreement_id)
    can_edit(actor, version).require()
    if version.state == State.AWAITING_SIGNATURES:
        return version
    framework = under_framework(version)
    if not framework:
        raise WrongState(framework.reason)
    check_complete(version)
    move(version.submit)
    save_valid(version)
    agreement, terms = version.agreement, version.said
    if version.number == 1:
        agreement.title, agreement.starts_on, agreement.ends_on = terms.title, terms.starts_on, terms.ends_on
        move(agreement.submit)
        save_valid(agreement)
    parties = agreement.parties.filter(pk__in={signer.party_id for signer in version.circuit})
    parties.filter(shown_at=None).update(shown_at=version.submitted_at)
    _hide_from(agreement, agreement.parties.exclude(pk__in=parties.values("pk")).filter(joined_at=None))
    chain_append(
        actor,
        agreement,
        "submitted",
        version=version.number,
        document=version.document(),
        submitted_at=time_of(version.submitted_at),
        **facts_shown(version),
    )
    _void_changed(actor, version)
    grant_to_roles(
        agreement,
        organization_ids=parties.exclude(organization=None).values_list("organization_id", flat=True),
        permissions=GRANTED,
        holders="sign_agreements",
    )
    settle(actor, version)
    return version


def facts_shown(version: AgreementVersion) -> dict[str, Any]:
    """What the chain keeps of a version beside its document: who is bound, who is asked to sign, until when."""
    parties = version.agreement.parties.filter(pk__in=version.said.party_ids).order_by("pk")
    return {
        "revision": version.revision,
        "drafted_by": version.drafted_by_id,
        "terms": hashlib.sha256(canonical(version.terms)).hexdigest(),
        "note": version.note,
        "sign_until": version.sign_until.isoformat(),
        "parties": [[row.pk, row.organization_id or 0, row.student_id or 0] for row in parties],
        "signers": sorted([row.pk, row.membership_id or 0, row.deputy_id or 0] for row in version.circuit),
    }


def _void_changed(actor: Actor, version: AgreementVersion) -> None:
    """Void the signatures of those to whom something else was shown."""
    for signer in version.circuit:
        signature = signer.standing
        if signature is not None and signature.content_hash != version.hash_for(signer.party_id):
            signature_void(actor, version, signature, _("The text was changed after this signature."))


def _hide_from(agreement: Agreement, parties: QuerySet[AgreementParty]) -> None:
    """Who is asked no longer and never joined sees nothing any more."""
    organizations = list(parties.exclude(organization=None).values_list("organization_id", flat=True))
    parties.update(shown_at=None)
    revoke_grants(agreement, organization_ids=filter(None, organizations), permissions=GRANTED)


@service
def agreement_recall(actor: Actor, *, agreement_id: int, reason: str) -> AgreementVersion:
    """Take a submitted version back to change it; links become useless, all parties are told why."""
    version = open_locked(actor, agreement_id)
    can_edit(actor, version).require()
    return _take_back(actor, version, reason, "recalled")


@service
def agreement_send_back(actor: Actor, *, agreement_id: int, reason: str) -> AgreementVersion:
    """A party that is asked to sign wants something changed: the version is a draft again, all parties are told why."""
    version = open_locked(actor, agreement_id)
    can_sign(actor, version).require()
    return _take_back(actor, version, reason, "sent_back")


def _take_back(actor: Actor, version: AgreementVersion, reason: str, event: str) -> AgreementVersion:
    move(version.take_back, require_reason(reason))
    save_valid(version)
    if version.number == 1:
        move(version.agreement.take_back)
        save_valid(version.agreement)
    links_drop(version)
    chain_append(actor, version.agreement, event, version=version.number, reason=version.reason)
    _tell(version, event)
    return version


@service
def agreement_refuse(actor: Actor, *, agreement_id: int, reason: str) -> AgreementVersion:
    """A party will not sign: the version ends, all parties are told why. A repeat returns it as it is."""
    version = last_locked(actor, agreement_id)
    can_sign(actor, version).require()
    if version.state == State.REFUSED:
        return version
    move(version.refuse, require_reason(reason))
    return close(actor, version, "refused")


@service
def agreement_withdraw(actor: Actor, *, agreement_id: int, reason: str) -> AgreementVersion:
    """Who drafted a version gives it up before it is signed by all. A repeat returns it as it is."""
    version = last_locked(actor, agreement_id)
    can_withdraw(actor, version).require()
    if version.state == State.WITHDRAWN:
        return version
    move(version.withdraw, require_reason(reason))
    return close(actor, version, "withdrawn")


@service
def versions_lapse(actor: Actor, *, today: date | None = None) -> int:
    """End what was not signed by its last day; returns how many. A repeat ends none."""
    today = today or timezone.localdate()
    late = AgreementVersion.objects.filter(state=State.AWAITING_SIGNATURES, sign_until__lt=today)
    ended = 0
    for agreement_id in list(late.values_list("agreement_id", flat=True).order_by("agreement_id")):
        version = last_locked(actor, agreement_id)
        if version.state == State.AWAITING_SIGNATURES and version.sign_until < today:
            move(version.lapse)
            close(actor, version, "lapsed")
            ended += 1
    return ended


def close(actor: Actor, version: AgreementVersion, event: str) -> AgreementVersion:
    """What all ends without force have in common."""
    save_valid(version)
    agreement = version.agreement
    if version.number == 1:
        move(agreement.give_up)
        save_valid(agreement)
    links_drop(version)
    if agreement.chain.filter(payload__event="submitted", payload__version=version.number).exists():
        chain_append(
            actor,
            agreement,
            event,
            version=version.number,
            reason=version.reason,
            closed_at=time_of(version.closed_at),
            ended_at=time_of(agreement.ended_at),
        )
        _tell(version, event)
    if version.number > 1:
        _hide_from(agreement, agreement.parties.filter(joined_at=None))
    return version


@service
def agreement_sign(
    actor: Actor, *, agreement_id: int, content_hash: str, evidence: Evidence | None = None
) -> Signature:
    """Sign what was shown, named by its hash; the last signature brings the version into force.

    ``WrongState`` when nothing is to be signed, others sign first, or the term has begun; ``ContentChanged`` when
    ``content_hash`` is not that of what the party is shown now; ``NotConfirmed`` unless the person gave the second factor just
    now. A repeat returns the first signature.
    """
    version = last_locked(actor, agreement_id)
    can_sign(actor, version).require()
    given = [signer.standing for signer in version.circuit if signer.standing is not None]
    own = next((signature for signature in given if signature.membership_id == actor.membership_id), None)
    if own is not None:
        return own
    require_confirmed(actor)
    require_open(version, timezone.localdate())
    fitting = [(signer, authority) for signer in version.circuit if (authority := may_fill(actor, signer))]
    if not fitting:
        raise WrongState(_("Somebody else is named to sign for your side."))
    missing = [(signer, authority) for signer, authority in fitting if signer.standing is None]
    if not missing:
        raise WrongState(_("Your side has signed already."))
    turn = version.waiting()
    signer, authority = next(((one, by) for one, by in missing if one in turn), missing[0])
    require_turn(version, signer)
    check_shown(version, signer, content_hash)
    evidence = evidence or Evidence()
    return sign_as(
        actor,
        version,
        signer,
        membership_id=actor.membership_id,
        content_hash=content_hash,
        authority=authority,
        factor=evidence.factor,
        address=evidence.address or None,
        agent=evidence.agent[:300],
    )


def check_shown(version: AgreementVersion, signer: Signer, content_hash: str) -> None:
    """``ContentChanged`` unless the hash is that of what the signer's party is shown now."""
    if not secrets.compare_digest(content_hash.encode(), version.hash_for(signer.party_id).encode()):
        raise ContentChanged(version, signer.party_id, content_hash)


def require_open(version: AgreementVersion, day: date) -> None:
    """``WrongState`` unless a signature of this day can be given."""
    decision = can_be_signed(version, day)
    if not decision:
        raise WrongState(decision.reason)


def require_turn(version: AgreementVersion, signer: Signer) -> None:
    """``WrongState`` while others sign before this signer."""
    turn = version.waiting()
    if signer not in turn:
        raise WrongState(_("Others sign first: %(who)s.") % {"who": ", ".join(str(one) for one in turn)})


def sign_as(actor: Actor, version: AgreementVersion, signer: Signer, **values: Any) -> Signature:
    """Keep a signature and its evidence, add it to the chain, and go on to what it makes possible.

    ``WrongState`` for a day after the start of the term: nothing is dated back.
    """
    signature = Signature(signer=signer, salt=secrets.token_hex(16), **values)
    signature.signed_on = values.get("signed_on") or timezone.localdate()
    require_open(version, signature.signed_on)
    require_turn(version, signer)
    if not signature.name:
        signature.name = signature.membership.user.name if signature.membership else signer.name
    signature.evidence = signature.computed_evidence()
    save_valid(signature)
    chain_append(actor, version.agreement, "signed", version=version.number, **facts_of(signature))
    settle(actor, fetch(AgreementVersion.objects.whole(), pk=version.pk))
    return signature


def facts_of(signature: Signature) -> dict[str, Any]:
    """What the chain keeps of a signature: no name, address or agent, but the salted hash of them."""
    return {
        "signature": signature.pk,
        "signer": signature.signer_id,
        "party": signature.signer.party_id,
        "capacity": signature.signer.capacity,
        "signed_by": signature.membership_id or 0,
        "content_hash": signature.content_hash,
        "method": signature.method,
        "authority": signature.authority,
        "factor": signature.factor,
        "evidence": signature.evidence,
        "scan": signature.scan.sha256 if signature.scan else "",
        "signed_on": signature.signed_on.isoformat(),
        "signed_at": time_of(signature.signed_at),
    }


def settle(actor: Actor, version: AgreementVersion) -> None:
    """Bring the version into force when nothing is missing; otherwise ask those whose turn it is."""
    if all(signer.is_done for signer in version.circuit):
        _come_into_force(actor, version)
        return
    links_send(version)
    for signer in version.waiting():
        if not signer.email:
            who = f"{signer.membership_id or 0}:{signer.deputy_id or 0}:{len(signer.signatures.all())}"
            notify("signature_asked", key=f"{signer.pk}:{version.revision}:{who}", signer=signer.pk)


def _come_into_force(actor: Actor, version: AgreementVersion) -> None:
    """In order: the version before is superseded; state; parties, days and duties follow the text; chain, event, notices."""
    agreement, terms = version.agreement, version.said
    before = agreement.versions.filter(state=State.IN_FORCE).first()
    if before is not None:
        move(before.supersede)
        save_valid(before)
    move(version.come_into_force)
    save_valid(version)
    agreement.title, agreement.starts_on, agreement.ends_on = terms.title, terms.starts_on, terms.ends_on
    if version.number == 1:
        move(agreement.come_into_force)
        agreement.in_force_at = version.in_force_at
    save_valid(agreement)
    _follow_parties(version)
    _follow_duties(version)
    chain_append(
        actor,
        agreement,
        "in_force",
        version=version.number,
        in_force_at=time_of(version.in_force_at),
        superseded_at=time_of(before.closed_at) if before else "",
    )
    (agreement_in_force if version.number == 1 else agreement_amended).send(Agreement, actor=actor, agreement=agreement)
    kind = "agreement_in_force" if version.number == 1 else "agreement_amended"
    notify(kind, key=str(version.pk), agreement=agreement.pk)


def _follow_parties(version: AgreementVersion) -> None:
    """Who is new has joined, who came back is bound again, and who is no party any more has left."""
    agreement, named, now = version.agreement, version.said.party_ids, version.in_force_at
    agreement.parties.filter(pk__in=named, joined_at=None).update(joined_at=now)
    agreement.parties.filter(pk__in=named).update(left_at=None)
    leaving = agreement.parties.exclude(pk__in=named).filter(left_at=None, joined_at__isnull=False)
    organizations = list(leaving.exclude(organization=None).values_list("organization_id", flat=True))
    leaving.update(left_at=now)
    revoke_grants(agreement, organization_ids=filter(None, organizations), permissions=GRANTED)


def _follow_duties(version: AgreementVersion) -> None:
    """New duties are owed, changed ones as they read now, and those that the text no longer has are replaced."""
    rows = {row.key: row for row in version.agreement.obligations.select_for_update().order_by("pk")}
    for duty in version.said.duties:
        row = rows.pop(duty.key, None) or Obligation(agreement=version.agreement, key=duty.key)
        if row.pk is None or row.state in Obligation.OPEN:
            row.party_id, row.kind, row.text = duty.party, duty.kind, duty.text
            row.quantity, row.unit, row.due_on = duty.quantity, duty.unit, duty.due_on
            save_valid(row)
    for row in rows.values():
        if row.state in Obligation.OPEN:
            move(row.replace)
            save_valid(row)


@service
def signer_replace(
    actor: Actor, *, signer_id: int, membership_id: int = 0, deputy_id: int = 0, name: str = "", email: str = ""
) -> Signer:
    """A party names who signs for it, or a successor, while that signature is missing; who is asked now is told. A school names
    the guardian of its student.

    ``ValidationError`` for somebody who may not sign for the party.
    """
    seen = fetch(Signer.objects.select_related("version"), pk=signer_id)
    version = open_locked(actor, seen.version.agreement_id)
    signer = next((one for one in version.circuit if one.pk == signer_id), None)
    if signer is None:
        raise NotFound
    if not acts_for(actor, signer.party):
        raise NotAllowed(_("Only the party itself, or the school of a student, says who signs for it."))
    if signer.standing is not None:
        raise WrongState(_("This signature has been given."))
    slot = Slot(signer.party_id, signer.capacity, signer.order, membership_id, deputy_id, name, email)
    check_person(actor, signer.party, slot)
    name_signer(actor, version, signer, slot)
    return signer


def name_signer(actor: Actor, version: AgreementVersion, signer: Signer, slot: Slot) -> None:
    """Keep who signs instead; links of before open nothing, and where it is asked for now, that is told and chained."""
    signer.membership_id, signer.deputy_id = slot.membership or None, slot.deputy or None
    signer.name, signer.email = slot.name, slot.email
    save_valid(signer)
    links_drop(version, signer)
    if version.state == State.AWAITING_SIGNATURES:
        chain_append(
            actor,
            version.agreement,
            "signer_named",
            version=version.number,
            signer=signer.pk,
            member=slot.membership,
            deputy=slot.deputy,
        )
        settle(actor, fetch(AgreementVersion.objects.whole(), pk=version.pk))


def open_locked(actor: Actor, agreement_id: int) -> AgreementVersion:
    """The version that is drafted or signed, with its agreement held; ``WrongState`` when there is none."""
    version = last_locked(actor, agreement_id)
    if version.state not in AgreementVersion.OPEN:
        raise WrongState(_("No version of this agreement is being drafted or signed."))
    return version


def last_locked(actor: Actor, agreement_id: int) -> AgreementVersion:
    """The newest version that the actor sees, with its agreement held."""
    agreement = fetch_locked(Agreement.objects.visible_to(actor).select_related("mode"), pk=agreement_id)
    version = AgreementVersion.objects.visible_to(actor).whole().filter(agreement=agreement).order_by("-number").first()
    if version is None:
        raise NotFound
    version.agreement = agreement
    return version


def _tell(version: AgreementVersion, event: str) -> None:
    """Everybody to whom it was shown, also who sees nothing of it from now on."""
    shown = version.agreement.parties.filter(shown_at__isnull=False, left_at=None).order_by("pk")
    parties = list(shown.values_list("pk", flat=True))
    notify(f"version_{event}", key=f"{version.pk}:{version.revision}", version=version.pk, parties=parties)


def signing_grants_sync(organization_id: int) -> None:
    """Bring the grants on all submitted agreements of a party in step with who signs for it now. A repeat changes nothing."""
    own = AgreementParty.objects.filter(organization_id=organization_id, shown_at__isnull=False, left_at=None)
    shown = Agreement.objects.filter(pk__in=own.values("agreement"))
    sync_grants(shown, organization_id=organization_id, permissions=GRANTED, holders="sign_agreements")
