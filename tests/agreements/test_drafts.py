from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils import timezone

from apps.agreements.models import Agreement, AgreementVersion, Mode, Signature
from apps.agreements.services import (
    Slot,
    agreement_draft,
    agreement_recall,
    agreement_submit,
    agreement_suspend,
    agreement_withdraw,
    attachment_add,
    attachment_remove,
    new_duty_key,
    signers_set,
    version_propose,
    version_revise,
)
from apps.agreements.terms import Duty
from apps.core.errors import NotAllowed, NotFound, WrongState
from apps.organizations.models import Membership, Organization, Role
from apps.organizations.policies import holds
from tests.factories.agreements import (
    agreement_values,
    make_draft,
    make_in_force,
    make_submitted,
    open_version,
    sign,
    sign_all,
    signer_of,
)
from tests.factories.organizations import (
    actor_as,
    make_enterprise,
    make_member,
    make_organization,
    make_region,
    make_university,
)

pytestmark = pytest.mark.django_db

WHY = "The reason."


@pytest.fixture
def school() -> Membership:
    return make_member(make_university())


@pytest.fixture
def firm() -> Membership:
    return make_member(make_enterprise())


@pytest.fixture
def third() -> Membership:
    return make_member(make_enterprise())


def revise(agreement: Agreement, member: Membership, **changes: Any) -> AgreementVersion:
    version = open_version(agreement)
    return version_revise(actor_as(member), version_id=version.pk, expected_revision=None, **changes)


def put(agreement: Agreement, member: Membership, *slots: Slot) -> None:
    version = open_version(agreement)
    signers_set(actor_as(member), version_id=version.pk, expected_revision=None, slots=list(slots))


def parties_without(agreement: Agreement, member: Membership) -> list[int]:
    return [one.pk for one in agreement.organizations.exclude(pk=member.organization_id)]


# --- a new draft ---


def test_draft_makes_drafter_and_other_parties_with_a_signer_each(school: Membership, firm: Membership) -> None:
    agreement = make_draft(school, firm)
    wanted = {school.organization_id, firm.organization_id}
    assert set(agreement.parties.values_list("organization_id", flat=True)) == wanted
    assert {one.party.organization_id for one in open_version(agreement).circuit} == wanted
    assert agreement.state == Agreement.State.DRAFT


@pytest.mark.parametrize("role", [Role.TUTOR, Role.STUDENT, Role.OBSERVER])
def test_draft_without_right_is_refused_and_writes_nothing(role: str, firm: Membership) -> None:
    actor = actor_as(make_member(make_university(), role))
    with pytest.raises(NotAllowed):
        agreement_draft(actor, party_ids=[firm.organization_id], **agreement_values())
    assert not Agreement.objects.exists()


def test_draft_without_other_party_is_refused_next_to_the_parties(school: Membership) -> None:
    with pytest.raises(ValidationError) as refusal:
        agreement_draft(actor_as(school), party_ids=[], **agreement_values())
    assert set(refusal.value.message_dict) == {"parties"}


def test_draft_is_not_seen_by_the_other_party_before_it_is_submitted(school: Membership, firm: Membership) -> None:
    agreement = make_draft(school, firm)
    assert not Agreement.objects.visible_to(actor_as(firm)).exists()
    agreement_submit(actor_as(school), agreement_id=agreement.pk)
    assert Agreement.objects.visible_to(actor_as(firm)).get() == agreement


def test_individual_agreement_needs_a_framework_that_opens_it(school: Membership, firm: Membership) -> None:
    student = make_member(school.organization, Role.STUDENT)
    days = {"starts_on": timezone.localdate(), "ends_on": timezone.localdate() + timedelta(days=90)}
    tri_party = {"mode": "placement", "student_ids": [student.pk], **days}
    with pytest.raises(ValidationError, match="framework"):
        make_draft(school, firm, **tri_party)
    framework = make_in_force(school, firm)
    assert make_draft(school, firm, framework_id=framework.pk, **tri_party).framework == framework
    agreement_suspend(actor_as(firm), agreement_id=framework.pk, reason=WHY)
    with pytest.raises(ValidationError, match="suspended"):
        make_draft(school, firm, framework_id=framework.pk, **tri_party)


def test_who_has_left_a_framework_makes_no_agreement_under_it(
    school: Membership, firm: Membership, third: Membership
) -> None:
    framework = make_in_force(school, firm, third)
    version_propose(actor_as(school), agreement_id=framework.pk, kind="amendment", note=WHY)
    revise(framework, school, party_ids=parties_without(framework, third))
    agreement_submit(actor_as(school), agreement_id=framework.pk)
    sign_all(framework, (school, firm, third))
    student = make_member(school.organization, Role.STUDENT)
    with pytest.raises(ValidationError, match="Only parties of the framework"):
        make_draft(
            school,
            third,
            mode="placement",
            framework_id=framework.pk,
            student_ids=[student.pk],
            ends_on=timezone.localdate() + timedelta(days=90),
        )


# --- changing it ---


def test_revise_of_what_somebody_else_changed_is_refused(school: Membership, firm: Membership) -> None:
    version = open_version(make_draft(school, firm))
    first = {"version_id": version.pk, "expected_revision": version.revision, "title": "New title"}
    version_revise(actor_as(school), **first)
    with pytest.raises(WrongState, match="in the meantime"):
        version_revise(actor_as(school), **first)


def test_revise_after_submission_is_refused(school: Membership, firm: Membership) -> None:
    with pytest.raises(WrongState):
        revise(make_submitted(school, firm), school, title="New title")


def test_new_mode_brings_its_turns_and_its_parties(school: Membership, firm: Membership) -> None:
    ordered = Mode.objects.get(pk="training_base")
    ordered.pk, ordered.signing, ordered.signing_order = "own_ordered", "ordered", ["enterprise", "university"]
    ordered.organization_id = school.organization_id
    ordered.save(force_insert=True)
    agreement = make_draft(school, firm)
    revise(agreement, school, mode="own_ordered")
    turns = {one.party.organization_id: one.order for one in open_version(agreement).circuit}
    assert turns == {firm.organization_id: 1, school.organization_id: 2}
    with pytest.raises(ValidationError, match="also needs"):
        revise(agreement, school, mode="course_sharing")


def test_two_duties_of_one_key_are_refused(school: Membership, firm: Membership) -> None:
    agreement = make_draft(school, firm)
    party = signer_of(agreement, firm.organization_id).party_id
    duty = Duty(new_duty_key(), party, "places", "Places", Decimal(5), "places", timezone.localdate())
    with pytest.raises(ValidationError, match="key of its own"):
        revise(agreement, school, duties=(duty, replace(duty, text="More places")))


def test_attachment_is_removed_once(school: Membership, firm: Membership) -> None:
    version = open_version(make_draft(school, firm))
    actor, named = actor_as(school), {"version_id": version.pk, "expected_revision": None}
    added = attachment_add(actor, file=ContentFile(b"a", name="a.pdf"), sha256="0" * 64, **named)
    file = added.said.attachments[0].file
    assert not attachment_remove(actor, file_id=file, **named).said.attachments
    with pytest.raises(NotFound):
        attachment_remove(actor, file_id=file, **named)


def test_renewal_is_drafted_in_any_order_and_ends_later(school: Membership, firm: Membership) -> None:
    agreement = make_in_force(school, firm)
    version_propose(actor_as(firm), agreement_id=agreement.pk, kind="renewal", note=WHY)
    revise(agreement, firm, title="Renewed")
    with pytest.raises(ValidationError, match="ends later"):
        agreement_submit(actor_as(firm), agreement_id=agreement.pk)
    revise(agreement, firm, ends_on=agreement.ends_on + timedelta(days=365))
    assert agreement_submit(actor_as(firm), agreement_id=agreement.pk).state == "awaiting_signatures"


# --- what a draft hides ---


def test_what_is_changed_after_a_recall_is_seen_by_nobody_else(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    agreement_recall(actor_as(school), agreement_id=agreement.pk, reason=WHY)
    revise(agreement, school, title="What nobody has read")
    assert Agreement.objects.visible_to(actor_as(firm)).get().title == agreement.title
    agreement_withdraw(actor_as(school), agreement_id=agreement.pk, reason=WHY)
    assert not AgreementVersion.objects.visible_to(actor_as(firm)).exists()


def test_party_that_is_dropped_before_signing_sees_and_holds_nothing_more(
    school: Membership, firm: Membership, third: Membership
) -> None:
    agreement = make_submitted(school, firm, third)
    sign(agreement, third)
    actor = actor_as(third)
    assert holds(actor, "sign_agreement", agreement)
    agreement_recall(actor_as(school), agreement_id=agreement.pk, reason=WHY)
    for _time in range(2):
        revise(agreement, school, party_ids=[firm.organization_id])
    agreement_submit(actor_as(school), agreement_id=agreement.pk)
    assert not Agreement.objects.visible_to(actor).exists()
    assert not holds(actor, "sign_agreement", agreement)
    given = Signature.objects.get(membership=third)
    assert given.voided_at
    told = [entry.payload["event"] for entry in agreement.chain.all()]
    assert told == ["submitted", "signed", "recalled", "voided", "submitted"]
    agreement_recall(actor_as(school), agreement_id=agreement.pk, reason=WHY)
    revise(agreement, school, title="Goes on without them")


def test_government_of_a_party_that_is_only_asked_sees_nothing(school: Membership, firm: Membership) -> None:
    elsewhere = make_region("320100", "南京市").code
    guest = make_member(make_enterprise(region_code=elsewhere))
    officer = actor_as(make_member(make_organization(Organization.Kind.GOVERNMENT, region_code=elsewhere)))
    agreement = make_in_force(school, firm)
    version_propose(actor_as(school), agreement_id=agreement.pk, kind="amendment", note=WHY)
    revise(agreement, school, party_ids=[firm.organization_id, guest.organization_id])
    agreement_submit(actor_as(school), agreement_id=agreement.pk)
    assert not Agreement.objects.visible_to(officer).exists()
    sign_all(agreement, (school, firm, guest))
    assert [one.number for one in AgreementVersion.objects.visible_to(officer)] == [2]


# --- who signs ---


def test_who_drafts_names_no_mailbox_for_another_party(school: Membership, firm: Membership) -> None:
    agreement = make_draft(school, firm)
    own, other = (signer_of(agreement, one.organization_id).party_id for one in (school, firm))
    put(agreement, school, Slot(own, "legal", name="Rector", email="rector@example.org"), Slot(other))
    with pytest.raises(ValidationError, match="mailbox"):
        put(agreement, school, Slot(own), Slot(other, "legal", name="Director", email="mine@example.org"))


def test_student_signs_in_person_and_a_minor_with_a_guardian_on_record(school: Membership, firm: Membership) -> None:
    student = make_member(school.organization, Role.STUDENT)
    today = timezone.localdate()
    student.user.birth_date = today.replace(year=today.year - 18, day=1) + timedelta(days=45)
    student.user.save()
    # Of age when the term begins, and not when it is signed.
    days = {"starts_on": today + timedelta(days=60), "ends_on": today + timedelta(days=500)}
    agreement = make_draft(firm, school, student_ids=[student.pk], **days)
    party = agreement.parties.get(student=student).pk
    others = [signer_of(agreement, one.organization_id).party_id for one in (school, firm)]
    with pytest.raises(ValidationError, match="Name the guardian"):
        agreement_submit(actor_as(firm), agreement_id=agreement.pk)
    own = Slot(party, "student", membership=student.pk)
    forged = Slot(party, "guardian", name="Wang Li", email="mine@example.org")
    with pytest.raises(ValidationError, match="mailbox"):
        put(agreement, firm, *map(Slot, others), own, forged)
    with pytest.raises(ValidationError, match="may sign for the party"):
        put(agreement, firm, *map(Slot, others), Slot(party, "student", name="Me", email="mine@example.org"))
    with pytest.raises(ValidationError, match="sign for a student"):
        put(agreement, firm, *map(Slot, others), Slot(party, membership=student.pk))
    put(agreement, firm, *map(Slot, others), own)
    with pytest.raises(ValidationError, match="guardian signs beside"):
        agreement_submit(actor_as(firm), agreement_id=agreement.pk)
    student.user.guardians.create(
        name="Wang Li", relation="mother", phone=b"", email="mine@example.org", registered_by=student.user
    )
    put(agreement, firm, *map(Slot, others), own, forged)
    assert agreement_submit(actor_as(firm), agreement_id=agreement.pk).state == "awaiting_signatures"


def test_who_leaves_by_an_amendment_signs_it_and_may_come_back(
    school: Membership, firm: Membership, third: Membership
) -> None:
    agreement = make_in_force(school, firm, third)
    everybody = (school, firm, third)
    version_propose(actor_as(school), agreement_id=agreement.pk, kind="amendment", note=WHY)
    revise(agreement, school, party_ids=parties_without(agreement, third))
    assert third.organization_id in {one.party.organization_id for one in open_version(agreement).circuit}
    agreement_submit(actor_as(school), agreement_id=agreement.pk)
    sign(agreement, school)
    sign(agreement, firm)
    assert open_version(agreement).state == "awaiting_signatures"
    sign(agreement, third)
    party = agreement.parties.get(organization=third.organization_id)
    assert party.left_at
    assert not holds(actor_as(third), "sign_agreement", agreement)
    version_propose(actor_as(school), agreement_id=agreement.pk, kind="amendment", note=WHY)
    assert third.organization_id not in {one.party.organization_id for one in open_version(agreement).circuit}
    revise(agreement, school, party_ids=[one.organization_id for one in everybody])
    agreement_submit(actor_as(school), agreement_id=agreement.pk)
    sign_all(agreement, everybody)
    party.refresh_from_db()
    assert party.left_at is None
