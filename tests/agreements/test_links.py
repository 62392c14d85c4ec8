from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils import timezone

from apps.accounts.models import QueuedMail
from apps.agreements.models import Agreement, Signature, SigningLink
from apps.agreements.services import (
    ContentChanged,
    Evidence,
    Slot,
    agreement_submit,
    link_refuse,
    link_send_again,
    link_sign,
    signature_record_paper,
    signature_reject_paper,
    signer_replace,
    signers_set,
)
from apps.core.actor import Actor
from apps.core.errors import NotAllowed, NotFound, WrongState
from apps.organizations.models import Membership, Role
from tests.factories.agreements import make_draft, make_submitted, open_version, sign, signer_of
from tests.factories.organizations import actor_as, make_enterprise, make_member, make_university

pytestmark = pytest.mark.django_db

LINK = Actor.system("agreements.link")
EMAIL = "outside@example.org"
EVIDENCE = Evidence(address="192.0.2.1", agent="Phone")


@pytest.fixture
def school() -> Membership:
    return make_member(make_university())


@pytest.fixture
def firm() -> Membership:
    return make_member(make_enterprise())


def with_link(agreement: Agreement, firm: Membership) -> None:
    signer = signer_of(agreement, firm.organization_id)
    signer_replace(actor_as(firm), signer_id=signer.pk, name="Wang Li", email=EMAIL)


def key_sent(*, first: bool = False) -> str:
    mails = QueuedMail.objects.filter(to=EMAIL).order_by("pk" if first else "-pk")
    return next(word for word in mails[0].body.split() if word.startswith("http")).rstrip("/").rsplit("/", 1)[1]


def use(agreement: Agreement, firm: Membership, key: str, *, name: str = "wang  li", shown: str = "") -> Signature:
    party = signer_of(agreement, firm.organization_id).party_id
    content_hash = shown or open_version(agreement).hash_for(party)
    return link_sign(LINK, key=key, content_hash=content_hash, name=name, evidence=EVIDENCE)


def test_link_signs_once_for_who_is_named(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    with_link(agreement, firm)
    key = key_sent()
    with pytest.raises(ValidationError):
        use(agreement, firm, key, name="Somebody else")
    with pytest.raises(ContentChanged):
        use(agreement, firm, key, shown="0" * 64)
    signature = use(agreement, firm, key)
    assert (signature.method, signature.name, signature.membership, signature.address) == (
        "link",
        "Wang Li",
        None,
        "192.0.2.1",
    )
    assert signature.evidence == signature.computed_evidence()
    with pytest.raises(NotFound):
        use(agreement, firm, key)


def test_key_is_stored_as_its_digest_alone(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    with_link(agreement, firm)
    assert SigningLink.objects.get().digest == hashlib.sha256(key_sent().encode()).hexdigest()


def test_newer_link_and_time_make_a_link_useless(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    with_link(agreement, firm)
    signer = signer_of(agreement, firm.organization_id)
    link_send_again(actor_as(school), signer_id=signer.pk)
    with pytest.raises(NotFound):
        use(agreement, firm, key_sent(first=True))
    SigningLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(NotFound):
        use(agreement, firm, key_sent())


def test_link_to_a_successor_ends_that_of_who_was_named(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    with_link(agreement, firm)
    signer_replace(actor_as(firm), signer_id=signer_of(agreement, firm.organization_id).pk, membership_id=firm.pk)
    with pytest.raises(NotFound):
        use(agreement, firm, key_sent())
    sign(agreement, firm)


def test_refusal_by_a_link_ends_the_version(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    with_link(agreement, firm)
    assert link_refuse(LINK, key=key_sent(), reason="Not like this.").state == "refused"
    agreement.refresh_from_db()
    assert agreement.state == "not_concluded"


def test_link_waits_when_who_signs_before_has_not_any_more(school: Membership, firm: Membership) -> None:
    """A link was sent after the paper of an earlier turn, which is then rejected."""
    agreement = make_draft(school, firm)
    first, second = (signer_of(agreement, one.organization_id).party_id for one in (school, firm))
    slots = [Slot(first, order=1), Slot(second, order=2)]
    version = open_version(agreement)
    signers_set(actor_as(school), version_id=version.pk, expected_revision=None, slots=slots)
    agreement_submit(actor_as(school), agreement_id=agreement.pk)
    with_link(agreement, firm)
    assert not SigningLink.objects.exists()
    signature = signature_record_paper(
        actor_as(school),
        signer_id=signer_of(agreement, school.organization_id).pk,
        name="Rector",
        signed_on=timezone.localdate(),
        scan=ContentFile(b"%PDF-1.4", name="scan.pdf"),
        sha256=hashlib.sha256(b"%PDF-1.4").hexdigest(),
    )
    signature_reject_paper(actor_as(firm), signature_id=signature.pk, reason="Illegible.")
    with pytest.raises(WrongState, match="Others sign first"):
        use(agreement, firm, key_sent())
    sign(agreement, school)
    assert use(agreement, firm, key_sent()).counts


def test_school_names_another_mailbox_of_a_guardian_and_nobody_else_does(school: Membership, firm: Membership) -> None:
    student = make_member(school.organization, Role.STUDENT)
    student.user.birth_date = timezone.localdate() - timedelta(days=365 * 17)
    student.user.save()
    student.user.guardians.create(
        name="Wang Li", relation="father", phone=b"", email="wrong@example.org", registered_by=student.user
    )
    agreement = make_submitted(school, firm, student_ids=[student.pk])
    guardian = next(one for one in open_version(agreement).circuit if one.capacity == "guardian")
    for other in (firm, student):
        with pytest.raises(NotAllowed):
            signer_replace(actor_as(other), signer_id=guardian.pk, name="Wang Li", email=EMAIL)
    signer_replace(actor_as(school), signer_id=guardian.pk, name="Wang Li", email=EMAIL)
    content_hash = open_version(agreement).hash_for(guardian.party_id)
    signature = link_sign(LINK, key=key_sent(), content_hash=content_hash, name="Wang Li", evidence=EVIDENCE)
    assert signature.signer == guardian
