"""Whose signatures a version needs, and who may be named to give them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.actor import Actor
from apps.core.services import save_valid
from apps.organizations.models import Membership
from apps.privacy.ages import FULL_AGE, is_under
from apps.privacy.models import LegalGuardian

from ..models import AgreementParty, AgreementVersion, Mode, Signature, Signer
from .chain import chain_append, time_of

Capacity = Signer.Capacity
OF_STUDENTS = (Capacity.STUDENT, Capacity.GUARDIAN)


@dataclass(frozen=True, slots=True)
class Slot:
    """A signature that is needed, as the drafting side asks for it. Ids of memberships are 0 where nobody is named."""

    party: int
    capacity: str = Capacity.AUTHORISED
    order: int = 1
    membership: int = 0
    deputy: int = 0
    name: str = ""
    email: str = ""

    @classmethod
    def of(cls, row: Signer) -> Slot:
        return cls(
            row.party_id, row.capacity, row.order, row.membership_id or 0, row.deputy_id or 0, row.name, row.email
        )


def who_signs(version: AgreementVersion) -> set[int]:
    """The parties that a version names, and those of the agreement in force: nobody is dropped without their signature."""
    named = version.said.party_ids
    if version.number == 1:
        return named
    bound = version.agreement.parties.filter(joined_at__isnull=False, left_at=None)
    return named | set(bound.values_list("pk", flat=True))


def is_minor(party: AgreementParty, starts_on: date) -> bool:
    """Whether a student is known to be under 18 now or, if that is earlier, when the term begins."""
    student = party.student
    return student is not None and is_under(FULL_AGE, student.user.birth_date, min(timezone.localdate(), starts_on))


def signers_match(actor: Actor, version: AgreementVersion) -> None:
    """Give new parties the signers that the mode asks for, and take those of parties that are none any more out."""
    needed = who_signs(version)
    present = version.signers.filter(removed_at=None)
    new = needed - set(present.values_list("party_id", flat=True))
    _remove(actor, version, present.exclude(party_id__in=needed))
    for row in version.agreement.parties.filter(pk__in=new):
        for slot in _usual(version.agreement.mode, row, version.said.starts_on):
            save_valid(_signer(version, slot))


def signers_copy(version: AgreementVersion, before: AgreementVersion) -> None:
    """Ask those who signed the version before, unless they may not sign any more, or need no guardian any more."""
    may = set(
        Membership.objects.holding("sign_agreements")
        .filter(organization__party_in__agreement=version.agreement_id)
        .values_list("pk", flat=True)
    )
    starts_on = version.said.starts_on
    for row in before.circuit:
        if row.capacity == Capacity.GUARDIAN and not is_minor(row.party, starts_on):
            continue
        slot = Slot.of(row)
        if row.capacity in OF_STUDENTS:
            save_valid(_signer(version, slot))
            continue
        member, deputy = (pk if pk in may else 0 for pk in (slot.membership, slot.deputy))
        save_valid(_signer(version, Slot(slot.party, slot.capacity, slot.order, member, deputy, slot.name, slot.email)))
    signers_match(Actor.system("signers_copy"), version)


def turns_follow(version: AgreementVersion) -> None:
    """Bring the turns in step with a mode that was changed."""
    for row in version.signers.filter(removed_at=None).select_related("party__organization"):
        row.order = _turn(version.agreement.mode, row.party, row.capacity)
        save_valid(row)


def signers_put(actor: Actor, version: AgreementVersion, slots: list[Slot]) -> None:
    """Bring the rows in step: who stays keeps the row, and with it the signature."""
    wanted = list(slots)
    gone = []
    for row in version.signers.filter(removed_at=None):
        if Slot.of(row) in wanted:
            wanted.remove(Slot.of(row))
        else:
            gone.append(row.pk)
    _remove(actor, version, version.signers.filter(pk__in=gone))
    needed = who_signs(version)
    parties = {row.pk: row for row in version.agreement.parties.select_related("student__user")}
    for slot in wanted:
        if slot.party not in needed:
            raise ValidationError({"signers": _("This organization is not party to the agreement.")})
        check_person(actor, parties[slot.party], slot)
        save_valid(_signer(version, slot))


def check_person(actor: Actor, party: AgreementParty, slot: Slot) -> None:
    """``ValidationError`` unless those who are named belong to the party and may sign for it.

    A mailbox to which a link goes is named by the party itself, and that of a guardian by the school or the register of
    guardians: else who drafts could sign for the others.
    """
    if (slot.capacity in OF_STUDENTS) != (party.student_id is not None):
        raise ValidationError(
            {"signers": _("Students and guardians sign for a student, representatives for an organization.")}
        )
    people = {pk for pk in (slot.membership, slot.deputy) if pk}
    if slot.capacity == Capacity.STUDENT:
        fits = (slot.membership, slot.deputy, slot.name, slot.email) == (party.student_id, 0, "", "")
    elif slot.capacity == Capacity.GUARDIAN:
        fits = not people
    else:
        may = Membership.objects.holding("sign_agreements").filter(organization_id=party.organization_id or 0)
        fits = may.filter(pk__in=people).count() == len(people)
    if not fits:
        raise ValidationError({"signers": _("Only who may sign for the party is named as its signer or deputy.")})
    if slot.email and not _vouched(actor, party, slot.email):
        raise ValidationError({"signers": _("Only the party itself names the mailbox to which a link to sign goes.")})


def acts_for(actor: Actor, party: AgreementParty) -> bool:
    """Whether the actor's organization is the party, or the school of the student who is."""
    home = party.student.organization_id if party.student else party.organization_id
    return actor.is_system or (home == actor.organization_id and actor.may("manage_agreements"))


def _vouched(actor: Actor, party: AgreementParty, email: str) -> bool:
    if acts_for(actor, party) or party.student is None:
        return acts_for(actor, party)
    return LegalGuardian.objects.current().filter(person=party.student.user, email__iexact=email).exists()


def _turn(mode: Mode, party: AgreementParty, capacity: str) -> int:
    turns = mode.signing_order if mode.signing == Mode.Signing.ORDERED else []
    kind = party.organization.kind if party.organization else capacity
    return turns.index(kind) + 1 if kind in turns else len(turns) + 1


def _usual(mode: Mode, row: AgreementParty, starts_on: date) -> list[Slot]:
    """The signers of a party when nobody says otherwise: one, and the guardian beside a student who is a minor."""
    if row.student is None:
        return [Slot(row.pk, order=_turn(mode, row, Capacity.AUTHORISED))]
    slots = [Slot(row.pk, Capacity.STUDENT, _turn(mode, row, Capacity.STUDENT), membership=row.student.pk)]
    if is_minor(row, starts_on):
        guardian = LegalGuardian.objects.current().filter(person=row.student.user).first()
        name, email = (guardian.name, guardian.email) if guardian else ("", "")
        slots.append(Slot(row.pk, Capacity.GUARDIAN, _turn(mode, row, Capacity.GUARDIAN), name=name, email=email))
    return slots


def _remove(actor: Actor, version: AgreementVersion, signers: Iterable[Signer]) -> None:
    """Take signers out; what was signed or asked for stays on record, void."""
    now = timezone.now()
    for signer in signers:
        for signature in signer.signatures.filter(voided_at=None):
            signature_void(actor, version, signature, _("The circuit of signers was changed."))
        if signer.signatures.exists() or signer.party.shown_at is not None:
            signer.removed_at = now
            save_valid(signer)
        else:
            signer.delete()


def signature_void(actor: Actor, version: AgreementVersion, signature: Signature, reason: str) -> None:
    """Void a signature and say so in the chain. Call it with the agreement's row held."""
    signature.voided_at, signature.void_reason = timezone.now(), reason
    save_valid(signature)
    chain_append(
        actor,
        version.agreement,
        "voided",
        version=version.number,
        signer=signature.signer_id,
        signature=signature.pk,
        voided_at=time_of(signature.voided_at),
        reason=signature.void_reason,
    )


def _signer(version: AgreementVersion, slot: Slot) -> Signer:
    return Signer(
        version=version,
        party_id=slot.party,
        capacity=slot.capacity,
        order=slot.order,
        membership_id=slot.membership or None,
        deputy_id=slot.deputy or None,
        name=slot.name,
        email=slot.email,
    )
