"""May this actor do this to this agreement?"""

from __future__ import annotations

from datetime import date

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor
from apps.core.errors import ALLOWED, Decision
from apps.organizations.policies import holds

from .models import Agreement, AgreementParty, AgreementVersion, LedgerEntry, Mode, Obligation, Signature, Signer


def can_draft(actor: Actor) -> Decision:
    if actor.is_member and actor.may("manage_agreements"):
        return ALLOWED
    return Decision(False, _("Only coordinators and administrators draft agreements."))


def can_edit(actor: Actor, version: AgreementVersion) -> Decision:
    """Who drafted a version changes, submits and takes back that version."""
    if actor.is_system or (actor.may("manage_agreements") and actor.organization_id == version.drafted_by_id):
        return ALLOWED
    return Decision(False, _("Only the organization that drafted this version changes it."))


can_withdraw = can_edit


def can_amend(actor: Actor, agreement: Agreement) -> Decision:
    """Any party proposes an amendment or a renewal."""
    if actor.is_system or (actor.may("manage_agreements") and _is_party(actor, agreement)):
        return ALLOWED
    return Decision(False, _("Only coordinators and administrators of the parties propose a change."))


def may_fill(actor: Actor, signer: Signer) -> str:
    """By what authority the actor gives this signature; empty when not at all.

    Who is named signs in person, or the deputy does. Where nobody is named, whoever may sign for the party and is not named
    elsewhere does. Nobody signs twice. Whether the actor holds this one agreement is asked by ``can_sign``.
    """
    if not actor.is_member:
        return ""
    if signer.party.student_id is not None:
        own = signer.party.student_id == actor.membership_id and signer.capacity == Signer.Capacity.STUDENT
        return Signature.Authority.OWN if own else ""
    if signer.party.organization_id != actor.organization_id or not actor.may("sign_agreements"):
        return ""
    others = [one for one in signer.version.circuit if one.pk != signer.pk]
    if any(one.standing is not None and one.standing.membership_id == actor.membership_id for one in others):
        return ""
    if signer.membership_id == actor.membership_id:
        return Signature.Authority.NAMED
    if signer.deputy_id == actor.membership_id:
        return Signature.Authority.DEPUTY
    named = any(one.membership_id == actor.membership_id for one in others)
    return "" if named or signer.membership_id or signer.name else Signature.Authority.ROLE


def can_sign(actor: Actor, version: AgreementVersion) -> Decision:
    """A student party; else guardian's grant on this one agreement, given to the signing roles of its parties when it was
    submitted. Whose turn it is, and whether somebody else is named, is a question of the state (``agreement_sign``)."""
    if actor.is_system:
        return ALLOWED
    parties = [signer.party for signer in version.circuit]
    if actor.is_member and any(party.student_id == actor.membership_id for party in parties):
        return ALLOWED
    own = any(party.organization_id == actor.organization_id for party in parties)
    if own and actor.may("sign_agreements") and holds(actor, "sign_agreement", version.agreement):
        return ALLOWED
    return Decision(False, _("Only coordinators and administrators of the parties sign."))


def can_sign_many(actor: Actor) -> Decision:
    """Sign several in one act: whoever signs for an organization. Each agreement is asked again."""
    if actor.is_member and actor.may("sign_agreements"):
        return ALLOWED
    return Decision(False, _("Only who signs for an organization signs several agreements at once."))


def can_be_signed(version: AgreementVersion, day: date) -> Decision:
    """Whether anybody can sign on this day: while it is asked for and not later than said, under what still holds, and never for
    a term that had begun; otherwise why not."""
    if version.state != AgreementVersion.State.AWAITING_SIGNATURES:
        text = _("This cannot be signed: the version is “%(state)s”.")
        return Decision(False, text % {"state": version.get_state_display()})
    if version.sign_until < day:
        return Decision(False, _("The last day to sign has passed."))
    agreement, starts_on = version.agreement, version.said.starts_on
    if version.number == 1 and starts_on < day:
        text = _("The term was to begin on %(day)s. Ask for a later start, or record what was signed on paper before.")
        return Decision(False, text % {"day": starts_on.isoformat()})
    if version.number > 1 and min(agreement.ends_on, agreement.last_day or agreement.ends_on) < day:
        return Decision(False, _("The agreement “%(title)s” has ended.") % {"title": agreement.title})
    return under_framework(version)


def under_framework(version: AgreementVersion) -> Decision:
    """Whether the agreement under which this one is made allows it today; where there is none, nothing is asked."""
    agreement = version.agreement
    return opens(agreement.framework, agreement.mode_id) if agreement.framework else ALLOWED


def can_record_paper(actor: Actor, version: AgreementVersion) -> Decision:
    """Any organization that signs records what was signed on paper."""
    own = any(signer.party.organization_id == actor.organization_id for signer in version.circuit)
    if actor.is_system or (own and actor.may("manage_agreements")):
        return ALLOWED
    return Decision(False, _("Only coordinators and administrators of the parties record what was signed on paper."))


def can_confirm_paper(actor: Actor, version: AgreementVersion, signature: Signature) -> Decision:
    """Whose signature it is (of a student, the school), unless they recorded it themselves: then any other organization."""
    party = signature.signer.party
    home = party.student.organization_id if party.student else party.organization_id
    recorded_by = signature.scan.added_by.organization_id if signature.scan else 0
    if not actor.is_system and actor.organization_id == recorded_by:
        return Decision(False, _("Another party confirms what yours has recorded."))
    if not actor.is_system and recorded_by != home and actor.organization_id != home:
        return Decision(False, _("The party whose signature it is confirms what another has recorded."))
    return can_record_paper(actor, version)


def can_terminate(actor: Actor, agreement: Agreement) -> Decision:
    """Suspend it, or end it early: a party that is bound now, not one that is only asked to join, nor one that has left."""
    if actor.is_system:
        return ALLOWED
    if actor.may("manage_agreements") and _is_party(actor, agreement) and holds(actor, "sign_agreement", agreement):
        return ALLOWED
    return Decision(False, _("Only coordinators and administrators of the parties end an agreement."))


def can_resume(actor: Actor, agreement: Agreement) -> Decision:
    """The party that suspended it; any, once that one has left."""
    suspender = agreement.suspended_by_id
    if not actor.is_system and suspender != actor.organization_id and suspender in _bound(agreement):
        return Decision(False, _("The party that suspended the agreement lets it go on."))
    return can_terminate(actor, agreement)


def in_force(agreement: Agreement) -> Decision:
    """Whether an agreement holds today, and the one under which it was made; otherwise why not."""
    today = timezone.localdate()
    state = Agreement.State
    if agreement.state == state.SUSPENDED:
        return Decision(False, _("The agreement “%(title)s” is suspended.") % {"title": agreement.title})
    if agreement.state in {state.TERMINATED, state.EXPIRED} or agreement.final_day < today:
        return Decision(False, _("The agreement “%(title)s” has ended.") % {"title": agreement.title})
    if agreement.state != state.IN_FORCE:
        return Decision(
            False, _("The agreement “%(title)s” is not signed by all parties.") % {"title": agreement.title}
        )
    if today < agreement.starts_on:
        return Decision(False, _("The agreement “%(title)s” has not begun.") % {"title": agreement.title})
    return in_force(agreement.framework) if agreement.framework else ALLOWED


def opens(agreement: Agreement, what: str) -> Decision:
    """Whether something (a code of ``Mode.opens``) may begin under an agreement today; otherwise why not."""
    if what not in agreement.mode.opens:
        return Decision(False, _("An agreement of the mode “%(mode)s” does not cover this.") % {"mode": agreement.mode})
    return in_force(agreement)


def is_side_of(actor: Actor, party: AgreementParty) -> bool:
    """Whether the actor acts for this party: as a member of the organization, or as the student."""
    if party.student_id is not None:
        return party.student_id == actor.membership_id
    return party.organization_id == actor.organization_id and actor.may("view_agreements")


def shown_part(actor: Actor, version: AgreementVersion) -> int | None:
    """The party whose part of a version the actor reads; ``None`` for the whole, which its drafter and a government read."""
    parties = [signer.party for signer in version.signers.all()]
    own = next((party.pk for party in parties if party.student_id == actor.membership_id), None)
    if own is None and not actor.is_system and actor.organization_id != version.drafted_by_id:
        own = next((party.pk for party in parties if party.organization_id == actor.organization_id), None)
    return own


def _is_party(actor: Actor, agreement: Agreement) -> bool:
    return actor.organization_id in _bound(agreement)


def _bound(agreement: Agreement) -> set[int]:
    """The organizations that an agreement binds now."""
    bound = [party for party in agreement.parties.all() if party.joined_at and not party.left_at]
    return {party.organization_id for party in bound if party.organization_id is not None}


def can_create_mode(actor: Actor) -> Decision:
    """Whoever drafts agreements may give them a mode of their organization's own."""
    return can_draft(actor) if not actor.is_system else ALLOWED


def can_manage_mode(actor: Actor, mode: Mode) -> Decision:
    if actor.is_system:
        return ALLOWED
    if mode.organization_id is None:
        return Decision(False, _("The modes of the portal are kept by its staff."))
    if actor.may("manage_agreements") and actor.organization_id == mode.organization_id:
        return ALLOWED
    return Decision(False, _("Only the organization whose mode this is changes it."))


def can_record(actor: Actor, agreement: Agreement) -> Decision:
    """Each party keeps its own side of the ledger."""
    if actor.may("manage_agreements") and _is_party(actor, agreement):
        return ALLOWED
    return Decision(False, _("Only coordinators and administrators of the parties write into the ledger."))


def can_void(actor: Actor, entry: LedgerEntry) -> Decision:
    if actor.may("manage_agreements") and entry.party.organization_id == actor.organization_id:
        return ALLOWED
    return Decision(False, _("Only the party whose entry this is voids it."))


def can_report(actor: Actor, obligation: Obligation) -> Decision:
    party = obligation.party
    if is_side_of(actor, party) and (party.student_id is not None or actor.may("manage_agreements")):
        return ALLOWED
    return Decision(False, _("Only the party that owes it reports it as fulfilled."))


def can_settle(actor: Actor, obligation: Obligation) -> Decision:
    """Nobody confirms or waives what they owe themselves."""
    if obligation.party.organization_id == actor.organization_id:
        return Decision(False, _("Another party confirms or waives what yours owes."))
    return can_record(actor, obligation.agreement)


def can_oversee(actor: Actor, agreement: Agreement) -> Decision:
    """Read the history, and who can see it. Whoever sees an agreement and is no government that looks on is a party."""
    if actor.may("manage_agreements"):
        looks_on = actor.region_prefix is not None and agreement.drafted_by_id != actor.organization_id
        if (
            not looks_on
            or agreement.parties.filter(organization_id=actor.organization_id, shown_at__isnull=False).exists()
        ):
            return ALLOWED
    return Decision(
        False, _("Only coordinators and administrators of the parties see who sees an agreement and who changed it.")
    )
