"""Who signs: named by the party, on paper, as a student and their guardian."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from apps.accounts.models import User
from apps.agreements.models import Agreement, Obligation, Signature, Signer
from apps.agreements.services import (
    Slot,
    agreement_submit,
    signature_record_paper,
    signers_set,
    version_revise,
)
from apps.agreements.terms import Duty
from apps.organizations.models import Membership, Role
from tests.factories.agreements import (
    make_draft,
    make_in_force,
    make_submitted,
    open_version,
    sign,
    signer_of,
)
from tests.factories.organizations import actor_as, make_enterprise, make_member, make_university

from .pages import PDF, at, read, scan, sign_in_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def school() -> Membership:
    return make_member(make_university())


@pytest.fixture
def firm() -> Membership:
    return make_member(make_enterprise())


def test_party_names_its_signer_and_deputy(school: Membership, firm: Membership, as_member: Any) -> None:
    agreement = make_submitted(school, firm)
    colleague = make_member(firm.organization)
    signer = signer_of(agreement, firm.organization_id)
    url = at("signer_replace", signer.pk)
    assert as_member(school).get(url).status_code == 403
    data = {"membership": colleague.pk, "deputy": firm.pk}
    assert as_member(firm).post(url, data).status_code == 302
    signer.refresh_from_db()
    assert (signer.membership_id, signer.deputy_id) == (colleague.pk, firm.pk)
    assert colleague.user.name in read(as_member(school), "agreement_detail", agreement.pk)


@pytest.mark.parametrize(
    "data",
    [
        {"name": "Wang Fang"},
        {"email": "wang@example.org"},
        {"membership": "own", "name": "Wang Fang", "email": "wang@example.org"},
        {"deputy": "own"},
        {"membership": "0"},
    ],
)
def test_signer_that_makes_no_sense_is_refused(
    data: dict[str, str], school: Membership, firm: Membership, as_member: Any
) -> None:
    agreement = make_submitted(school, firm)
    signer = signer_of(agreement, firm.organization_id)
    data = {name: str(firm.pk) if value == "own" else value for name, value in data.items()}
    assert as_member(firm).post(at("signer_replace", signer.pk), data).status_code == 422
    signer.refresh_from_db()
    assert signer.membership_id is None


def test_paper_is_recorded_by_one_and_confirmed_by_the_other(
    school: Membership, firm: Membership, as_member: Any
) -> None:
    agreement = make_submitted(school, firm)
    sign(agreement, school)
    signer = signer_of(agreement, firm.organization_id)
    url = at("paper_record", signer.pk)
    today = timezone.localdate()
    data = {"name": "Zhang Wei", "signed_on": today + timedelta(days=1), "scan": scan()}
    assert as_member(firm).post(url, data).status_code == 422
    data = {"name": "Zhang Wei", "signed_on": today - timedelta(days=9), "scan": scan()}
    assert as_member(firm).post(url, data).status_code == 302
    signature = Signature.objects.get(method=Signature.Method.PAPER)
    assert as_member(firm).post(at("paper_confirm", signature.pk)).status_code == 403
    assert "Another party confirms" in read(as_member(firm), "agreement_detail", agreement.pk)
    assert at("paper_confirm", signature.pk) in read(as_member(school), "agreement_detail", agreement.pk)
    assert as_member(school).post(at("paper_confirm", signature.pk)).status_code == 302
    assert Agreement.objects.get().state == Agreement.State.IN_FORCE


def test_paper_that_shows_something_else_is_rejected(school: Membership, firm: Membership, as_member: Any) -> None:
    agreement = make_submitted(school, firm)
    signature = signature_record_paper(
        actor_as(firm),
        signer_id=signer_of(agreement, firm.organization_id).pk,
        name="Zhang Wei",
        signed_on=timezone.localdate(),
        scan=ContentFile(PDF, "scan.pdf"),
        sha256="0" * 64,
    )
    url = at("paper_reject", signature.pk)
    assert as_member(firm).get(url).status_code == 403
    assert as_member(school).post(url, {"reason": "A page is missing"}).status_code == 302
    assert signer_of(agreement, firm.organization_id).standing is None


@pytest.fixture
def tri_party(school: Membership, firm: Membership) -> tuple[Agreement, Membership]:
    """A placement of a student under age, whose signature is awaited first; and the student."""
    today = timezone.localdate()
    framework = make_in_force(school, firm)
    student = make_member(school.organization, Role.STUDENT)
    User.objects.filter(pk=student.user_id).update(birth_date=today - timedelta(days=17 * 365))
    values = {"mode": "placement", "title": "A placement", "framework_id": framework.pk, "student_ids": [student.pk]}
    agreement = make_draft(school, firm, **values, starts_on=today, ends_on=today + timedelta(days=120))
    version = open_version(agreement)
    party = next(row.party for row in version.circuit if row.party.student_id is not None)
    slots = [Slot(row.party_id, row.capacity, row.order, row.membership_id or 0) for row in version.circuit]
    guardian = Slot(party.pk, Signer.Capacity.GUARDIAN, 2, name="Wang Fang", email="wang@example.org")
    others = [slot for slot in slots if slot.capacity != Signer.Capacity.GUARDIAN]
    signers_set(actor_as(school), version_id=version.pk, expected_revision=None, slots=[*others, guardian])
    agreement_submit(actor_as(school), agreement_id=agreement.pk)
    return Agreement.objects.get(pk=agreement.pk), student


def test_student_signs_for_themselves_and_does_nothing_for_the_school(
    tri_party: tuple[Agreement, Membership], as_member: Any
) -> None:
    agreement, student = tri_party
    page = read(as_member(student), "agreement_sign", agreement.pk)
    assert "sign it for my organization" not in page
    assert sign_in_page(as_member(student), agreement).status_code == 302
    page = read(as_member(student), "agreement_detail", agreement.pk)
    for signer in open_version(agreement).circuit:
        assert as_member(student).get(at("signer_replace", signer.pk)).status_code in {403, 404}
        for name in ("signer_replace", "paper_record", "link_again"):
            assert at(name, signer.pk) not in page
    assert "You have signed." in read(as_member(student), "agreement_sign", agreement.pk)


def test_student_reports_what_they_owe(school: Membership, firm: Membership, as_member: Any) -> None:
    today = timezone.localdate()
    framework = make_in_force(school, firm)
    student = make_member(school.organization, Role.STUDENT)
    values = {"mode": "placement", "title": "A placement", "framework_id": framework.pk, "student_ids": [student.pk]}
    agreement = make_draft(school, firm, **values, starts_on=today, ends_on=today + timedelta(days=120))
    party = agreement.parties.get(student=student)
    duty = Duty("d1", party.pk, "other", "A report each month", Decimal(4), "reports", today + timedelta(days=100))
    version = open_version(agreement)
    version_revise(actor_as(school), version_id=version.pk, expected_revision=None, duties=(duty,))
    agreement_submit(actor_as(school), agreement_id=agreement.pk)
    while turn := open_version(agreement).waiting():
        by = {None: student, school.organization_id: school, firm.organization_id: firm}
        sign(agreement, by[turn[0].party.organization_id])
    row = agreement.obligations.get()
    assert at("obligation_report", row.pk) in read(as_member(student), "obligations", agreement.pk)
    assert at("obligation_report", row.pk) not in read(as_member(school), "obligations", agreement.pk)
    assert as_member(student).post(at("obligation_report", row.pk), {"note": "All four"}).status_code == 302
    assert at("obligation_confirm", row.pk) not in read(as_member(student), "obligations", agreement.pk)
    assert as_member(firm).post(at("obligation_confirm", row.pk)).status_code == 302
    row.refresh_from_db()
    assert row.state == Obligation.State.DONE


def test_school_names_the_guardian_of_its_student(
    tri_party: tuple[Agreement, Membership], school: Membership, firm: Membership, as_member: Any
) -> None:
    agreement, _student = tri_party
    signer = Signer.objects.get(version__agreement=agreement, capacity=Signer.Capacity.GUARDIAN)
    url = at("signer_replace", signer.pk)
    assert url in read(as_member(school), "agreement_detail", agreement.pk)
    assert as_member(firm).get(url).status_code == 403
    assert "deputy" not in as_member(school).get(url).context["form"].fields
    assert as_member(school).post(url, {"name": "", "email": ""}).status_code == 422
    data = {"name": "Li Qiang", "email": "li@example.org"}
    assert as_member(school).post(url, data).status_code == 302
    signer.refresh_from_db()
    assert (signer.name, signer.email, signer.membership_id) == ("Li Qiang", "li@example.org", None)
