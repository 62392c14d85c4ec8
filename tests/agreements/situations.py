"""Every situation in which an agreement, its versions and signatures can be, who meets it, and what they can try."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone

from apps.agreements.models import Agreement, AgreementVersion, Signature, Signer
from apps.agreements.services import (
    Evidence,
    Slot,
    agreement_recall,
    agreement_refuse,
    agreement_resume,
    agreement_send_back,
    agreement_sign,
    agreement_submit,
    agreement_suspend,
    agreement_terminate,
    agreement_withdraw,
    agreements_end_due,
    attachment_add,
    link_refuse,
    link_send_again,
    link_sign,
    signature_confirm_paper,
    signature_record_paper,
    signature_reject_paper,
    signer_replace,
    signers_set,
    version_propose,
    version_revise,
    versions_lapse,
)
from apps.core.actor import Actor
from apps.core.services import fetch
from apps.organizations.models import Membership, Organization, Role
from tests.factories.agreements import make_draft, open_version, sign
from tests.factories.organizations import (
    SYSTEM,
    actor_as,
    make_enterprise,
    make_member,
    make_organization,
    make_university,
)

WHY = "The reason."
LATER = timedelta(days=5000)


@dataclass
class Cast:
    """A school that drafts, a firm and a student as parties, a guest who joins by an amendment, and those who are none."""

    school: Membership
    firm: Membership
    student: Membership
    guest: Membership
    colleague: Membership
    people: dict[str, Membership]

    def actor(self, role: str) -> Actor:
        if role == "system":
            return SYSTEM
        return actor_as(self.people[role]) if role in self.people else Actor.anonymous()


ROLES = (
    "school",
    "firm",
    "student",
    "guest",
    "observer",
    "tutor",
    "classmate",
    "stranger",
    "government",
    "system",
    "nobody",
)


def make_cast() -> Cast:
    university, enterprise = make_university(), make_enterprise()
    government = make_organization(Organization.Kind.GOVERNMENT, region_code="320500")
    people = {
        "school": make_member(university),
        "firm": make_member(enterprise),
        "student": make_member(university, Role.STUDENT),
        "guest": make_member(make_enterprise()),
        "observer": make_member(enterprise, Role.OBSERVER),
        "tutor": make_member(enterprise, Role.TUTOR),
        "classmate": make_member(university, Role.STUDENT),
        "stranger": make_member(make_enterprise()),
        "government": make_member(government),
    }
    colleague = make_member(enterprise)
    return Cast(people["school"], people["firm"], people["student"], people["guest"], colleague, people)


# --- situations ---


def draft(cast: Cast) -> Agreement:
    return make_draft(cast.school, cast.firm, student_ids=[cast.student.pk])


def submitted(cast: Cast) -> Agreement:
    return submit(draft(cast), cast.school)


def signed_once(cast: Cast) -> Agreement:
    agreement = submitted(cast)
    sign(agreement, cast.firm)
    return agreement


def sent_back(cast: Cast) -> Agreement:
    agreement = signed_once(cast)
    agreement_send_back(cast.actor("student"), agreement_id=agreement.pk, reason=WHY)
    return agreement


def refused(cast: Cast) -> Agreement:
    agreement = submitted(cast)
    agreement_refuse(cast.actor("firm"), agreement_id=agreement.pk, reason=WHY)
    return agreement


def withdrawn(cast: Cast) -> Agreement:
    agreement = submitted(cast)
    agreement_withdraw(cast.actor("school"), agreement_id=agreement.pk, reason=WHY)
    return agreement


def lapsed(cast: Cast) -> Agreement:
    agreement = submitted(cast)
    versions_lapse(SYSTEM, today=timezone.localdate() + LATER)
    return agreement


def on_paper(cast: Cast) -> Agreement:
    """The school has recorded what the firm signed on paper; the firm has yet to confirm it."""
    agreement = submitted(cast)
    record(cast.actor("school"), signer(agreement, cast.firm.organization_id))
    return agreement


def by_link(cast: Cast) -> Agreement:
    """Somebody without an account signs for the firm."""
    agreement = submitted(cast)
    who = signer(agreement, cast.firm.organization_id)
    signer_replace(cast.actor("firm"), signer_id=who.pk, name="Ann Li", email="ann@example.org")
    return agreement


def in_force(cast: Cast) -> Agreement:
    agreement = submitted(cast)
    sign_everywhere(agreement, cast.school, cast.firm, cast.student)
    return agreement


def change_drafted(cast: Cast) -> Agreement:
    """The firm drafts an amendment by which a guest joins."""
    agreement = in_force(cast)
    version = version_propose(cast.actor("firm"), agreement_id=agreement.pk, kind="amendment", note=WHY)
    parties = [cast.firm.organization_id, cast.guest.organization_id]
    version_revise(SYSTEM, version_id=version.pk, expected_revision=None, party_ids=parties)
    return agreement


def change_submitted(cast: Cast) -> Agreement:
    return submit(change_drafted(cast), cast.firm)


def change_refused(cast: Cast) -> Agreement:
    agreement = change_submitted(cast)
    agreement_refuse(cast.actor("school"), agreement_id=agreement.pk, reason=WHY)
    return agreement


def changed(cast: Cast) -> Agreement:
    agreement = change_submitted(cast)
    sign_everywhere(agreement, cast.school, cast.firm, cast.student, cast.guest)
    return agreement


def suspended(cast: Cast) -> Agreement:
    agreement = in_force(cast)
    agreement_suspend(cast.actor("school"), agreement_id=agreement.pk, reason=WHY)
    return agreement


def notice_given(cast: Cast) -> Agreement:
    agreement = in_force(cast)
    last = timezone.localdate() + timedelta(days=90)
    agreement_terminate(cast.actor("firm"), agreement_id=agreement.pk, cause="notice", reason=WHY, last_day=last)
    return agreement


def terminated(cast: Cast) -> Agreement:
    agreement = in_force(cast)
    agreement_terminate(cast.actor("firm"), agreement_id=agreement.pk, cause="insolvency", reason=WHY)
    return agreement


def expired(cast: Cast) -> Agreement:
    agreement = in_force(cast)
    agreements_end_due(SYSTEM, today=timezone.localdate() + LATER)
    return agreement


SITUATIONS: dict[str, Callable[[Cast], Agreement]] = {
    made.__name__: made
    for made in (
        draft,
        submitted,
        signed_once,
        sent_back,
        refused,
        withdrawn,
        lapsed,
        on_paper,
        by_link,
        in_force,
        change_drafted,
        change_submitted,
        change_refused,
        changed,
        suspended,
        notice_given,
        terminated,
        expired,
    )
}


# --- what can be tried ---


@dataclass
class Scene:
    """An agreement in a situation, and what those who act upon it would name."""

    cast: Cast
    agreement: Agreement
    version: AgreementVersion

    @classmethod
    def of(cls, cast: Cast, agreement: Agreement) -> Scene:
        return cls(cast, agreement, open_version(agreement))

    @property
    def key(self) -> int:
        return self.agreement.pk

    @property
    def firm_signer(self) -> int:
        return signer(self.agreement, self.cast.firm.organization_id).pk

    @property
    def paper(self) -> int:
        found = Signature.objects.filter(signer__version=self.version, method=Signature.Method.PAPER).first()
        return found.pk if found else 0

    def hash_for(self, actor: Actor) -> str:
        for one in self.version.circuit:
            if one.party.student_id == actor.membership_id or one.party.organization_id == actor.organization_id:
                return self.version.hash_for(one.party_id)
        return self.version.content_hash


Try = Callable[[Actor, Scene], Any]
TRIES: dict[str, Try] = {
    "revise": lambda actor, at: version_revise(
        actor, version_id=at.version.pk, expected_revision=None, title="Another title"
    ),
    "signers": lambda actor, at: signers_set(
        actor,
        version_id=at.version.pk,
        expected_revision=None,
        slots=[Slot.of(one) for one in at.version.circuit]
        + [Slot(next(one.party_id for one in at.version.circuit if one.party.organization_id), order=2)],
    ),
    "attach": lambda actor, at: attachment_add(
        actor, version_id=at.version.pk, expected_revision=None, file=ContentFile(b"a", name="a.pdf"), sha256="0" * 64
    ),
    "submit": lambda actor, at: agreement_submit(actor, agreement_id=at.key),
    "sign": lambda actor, at: agreement_sign(actor, agreement_id=at.key, content_hash=at.hash_for(actor)),
    "sign_other": lambda actor, at: agreement_sign(actor, agreement_id=at.key, content_hash="0" * 64),
    "recall": lambda actor, at: agreement_recall(actor, agreement_id=at.key, reason=WHY),
    "send_back": lambda actor, at: agreement_send_back(actor, agreement_id=at.key, reason=WHY),
    "refuse": lambda actor, at: agreement_refuse(actor, agreement_id=at.key, reason=WHY),
    "withdraw": lambda actor, at: agreement_withdraw(actor, agreement_id=at.key, reason=WHY),
    "replace": lambda actor, at: signer_replace(actor, signer_id=at.firm_signer, membership_id=at.cast.colleague.pk),
    "link_again": lambda actor, at: link_send_again(actor, signer_id=at.firm_signer),
    "record": lambda actor, at: record(actor, fetch(Signer.objects.all(), pk=at.firm_signer)),
    "confirm": lambda actor, at: signature_confirm_paper(actor, signature_id=at.paper),
    "reject": lambda actor, at: signature_reject_paper(actor, signature_id=at.paper, reason=WHY),
    "propose": lambda actor, at: version_propose(actor, agreement_id=at.key, kind="amendment", note=WHY),
    "suspend": lambda actor, at: agreement_suspend(actor, agreement_id=at.key, reason=WHY),
    "resume": lambda actor, at: agreement_resume(actor, agreement_id=at.key),
    "terminate": lambda actor, at: agreement_terminate(
        actor, agreement_id=at.key, cause="insolvency", reason=WHY, last_day=timezone.localdate()
    ),
    "give_notice": lambda actor, at: agreement_terminate(
        actor,
        agreement_id=at.key,
        cause="notice",
        reason=WHY,
        last_day=timezone.localdate() + timedelta(days=100),
    ),
    "open_link": lambda _actor, _at: link_sign(
        SYSTEM, key="unknown", content_hash="0" * 64, name="Ann Li", evidence=Evidence()
    ),
    "refuse_link": lambda _actor, _at: link_refuse(SYSTEM, key="unknown", reason=WHY),
}


# --- steps ---


def submit(agreement: Agreement, drafter: Membership) -> Agreement:
    agreement_submit(actor_as(drafter), agreement_id=agreement.pk)
    return agreement


def sign_everywhere(agreement: Agreement, *members: Membership) -> None:
    for member in members:
        sign(agreement, member)


def signer(agreement: Agreement, organization_id: int) -> Signer:
    """The first signer of an organization in the newest version."""
    return next(one for one in open_version(agreement).circuit if one.party.organization_id == organization_id)


def record(actor: Actor, who: Signer) -> Signature:
    """Record a signature on paper of today."""
    return signature_record_paper(
        actor,
        signer_id=who.pk,
        name="Ann Li",
        signed_on=timezone.localdate(),
        scan=ContentFile(b"%PDF-1.4", name="scan.pdf"),
        sha256=hashlib.sha256(b"%PDF-1.4").hexdigest(),
    )
