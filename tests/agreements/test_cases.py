"""Cases from practice, walked through the pages: a bankruptcy, a teacher who founds a company, a partner who joins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from apps.agreements.models import Agreement, AgreementVersion, Signature
from apps.applications.models import Application
from apps.applications.services import application_submit
from apps.bases.models import Intake, Position
from apps.bases.services import base_create, intake_draft, intake_open
from apps.core.dates import add_months
from apps.organizations.models import Membership, Organization, Role
from apps.placements.models import Placement, Relocation
from apps.placements.services import (
    placement_agreement_draft,
    placement_arrange,
    placement_name_enterprise_tutor,
    placement_start,
)
from tests.factories.agreements import clauses_of, make_in_force, open_version
from tests.factories.chain import make_student
from tests.factories.organizations import (
    actor_as,
    make_enterprise,
    make_member,
    make_organization,
    make_university,
)

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


def page(name: str, *args: Any) -> str:
    return reverse(f"agreements:{name}", args=args)


@dataclass
class People:
    """Browsers by member."""

    as_member: Any

    def post(self, member: Membership, address: str, *expected: int, **values: Any) -> Any:
        answer = self.as_member(member).post(address, values)
        errors = answer.context["form"].errors if answer.status_code == 422 else ""
        assert answer.status_code in (expected or (302,)), (address, answer.status_code, errors)
        return answer

    def text(self, member: Membership, address: str) -> str:
        answer = self.as_member(member).get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        return str(answer.text)

    def draft(self, member: Membership, *others: Membership, **values: Any) -> Agreement:
        """By the page of a new draft; the clauses start from the mode's text."""
        codes = [other.organization.code for other in others]
        self.post(member, page("agreement_create"), parties=codes, **values)
        return Agreement.objects.latest("pk")

    def sign(self, member: Membership, agreement: Agreement) -> None:
        """Read the page, then sign what it shows."""
        browser = self.as_member(member)
        address = page("agreement_sign", agreement.pk)
        shown = browser.get(address)
        assert shown.status_code == 200
        sent = {"content_hash": shown.context["content_hash"], "agree": "on"}
        assert browser.post(address, sent).status_code == 302

    def sign_all(self, agreement: Agreement, *members: Membership) -> None:
        left = list(members)
        while left:
            waiting = open_version(agreement).waiting()
            sides = {signer.party.student_id or signer.party.organization_id for signer in waiting}
            member = next(one for one in left if {one.pk, one.organization_id} & sides)
            left.remove(member)
            self.sign(member, agreement)


@pytest.fixture
def people(as_member: Any) -> People:
    return People(as_member)


@pytest.fixture
def school() -> Membership:
    return make_member(make_university())


# --- an enterprise goes bankrupt when its order class is in the third year ---


def open_position(firm: Membership, agreement: Agreement) -> Position:
    """A base with an intake that takes the first who come."""
    base = base_create(
        actor_as(firm),
        agreement_id=agreement.pk,
        kind="off_campus",
        name=f"基地{agreement.pk}",
        name_en=f"Works {agreement.pk}",
        region_code=firm.organization.region_id or "",
        address="1 Harbour Road",
    )
    intake = intake_draft(
        actor_as(firm),
        base_id=base.pk,
        title="Order class, third year",
        selection=Intake.Selection.FIRST_COME,
        closes_on=TODAY + timedelta(days=20),
        starts_on=TODAY,
        ends_on=TODAY + timedelta(days=150),
        positions=[{"title": "Line technician", "tasks": "Maintain the line", "places": 10}],
    )
    intake_open(actor_as(firm), intake_id=intake.pk)
    return intake.positions.get()


def start_work(people: People, school: Membership, firm: Membership, application: Application) -> Placement:
    """Arranged, with both tutors, under a tri-party agreement that all three sign."""
    tutors = make_member(school.organization, Role.TUTOR), make_member(firm.organization, Role.TUTOR)
    placement = placement_arrange(actor_as(school), application_id=application.pk, academic_tutor_id=tutors[0].pk)
    placement_name_enterprise_tutor(actor_as(firm), placement_id=placement.pk, tutor_id=tutors[1].pk)
    agreement = placement_agreement_draft(actor_as(school), placement_id=placement.pk)
    people.post(school, page("agreement_submit", agreement.pk))
    people.sign_all(agreement, application.student, firm, school)
    return placement_start(actor_as(school), placement_id=placement.pk)


def order_class(people: People, school: Membership, firm: Membership) -> Agreement:
    """Signed on paper more than two years ago, recorded today by the school and confirmed by the enterprise."""
    began = add_months(TODAY, -26)
    agreement = people.draft(
        school,
        firm,
        title="Order class mechatronics",
        mode="order_based",
        starts_on=began,
        ends_on=add_months(began, 48),
    )
    people.post(school, page("agreement_submit", agreement.pk))
    for recorder, other in ((school, firm), (firm, school)):
        signer = next(
            one for one in open_version(agreement).circuit if one.party.organization_id == recorder.organization_id
        )
        scan = SimpleUploadedFile("scan.pdf", PDF, content_type="application/pdf")
        values = {"name": recorder.user.name, "signed_on": (began - timedelta(days=9)).isoformat(), "scan": scan}
        people.post(recorder, page("paper_record", signer.pk), **values)
        signature = Signature.objects.get(signer=signer, voided_at=None)
        people.post(other, page("paper_confirm", signature.pk))
    agreement.refresh_from_db()
    assert agreement.state == Agreement.State.IN_FORCE
    return agreement


PDF = b"%PDF-1.7\n%%EOF\n"


def test_bankruptcy_lists_every_student_and_loses_nobody(people: People, school: Membership) -> None:
    firm, rescuer = make_member(make_enterprise()), make_member(make_enterprise())
    agreement = order_class(people, school, firm)
    position = open_position(firm, agreement)
    students = [make_student(school.organization) for _one in range(3)]
    held = {
        student.pk: application_submit(actor_as(student), position_id=position.pk, statement="I learnt for this.")
        for student in students
    }
    working = [start_work(people, school, firm, held[student.pk]) for student in students[:2]]

    # The wizard names everybody before anything happens.
    wanted = {
        "cause": "insolvency",
        "reason": "The court has opened the proceedings.",
        "settlement": "The school places all students; tools stay with the school.",
    }
    review = people.post(firm, page("agreement_terminate", agreement.pk), 200, **wanted)
    assert "3 students lose their places" in review.text
    assert all(student.user.name in review.text for student in students)
    assert not Relocation.objects.exists()
    people.post(firm, page("agreement_terminate", agreement.pk), **wanted | {"confirmed": "on"})
    agreement.refresh_from_db()
    assert agreement.state == Agreement.State.TERMINATED
    assert Intake.objects.get().state == Intake.State.CLOSED
    assert set(Relocation.objects.open().values_list("student", flat=True)) == set(held)

    # The school sees it at home, and places all of them at another base.
    assert "3 students need another base" in people.text(school, "/")
    place = open_position(rescuer, make_in_force(school, rescuer, mode="order_based"))
    propose = reverse("placements:relocations_propose")
    rows = list(Relocation.objects.values_list("pk", flat=True))
    people.post(school, propose, students=rows, position=place.pk, statement="Please take our order class.")
    for application in Application.objects.filter(position=place):
        assert application.state == Application.State.ACCEPTED
        start_work(people, school, rescuer, application)
    assert not Relocation.objects.open().exists()
    moved = Placement.objects.active()
    assert set(moved.values_list("student", flat=True)) == set(held)
    assert set(moved.values_list("host", flat=True)) == {rescuer.organization_id}
    for placement in working:
        placement.refresh_from_db()
        assert placement.state == Placement.State.BROKEN_OFF
        assert placement.agreement is not None
        assert placement.agreement.state == Agreement.State.TERMINATED
    listed = people.text(school, reverse("placements:relocation_list"))
    assert listed.count("works at another base") == 3


# --- a teacher of RFID leaves the post for three years to found an RFID company ---


def engagement(people: People, school: Membership, company: Membership, *, months: int, **values: Any) -> Agreement:
    return people.draft(
        school,
        company,
        title="Off-post start-up of Lin Tao",
        mode="engagement_off_post",
        starts_on=TODAY,
        ends_on=add_months(TODAY, months),
        **values,
    )


def name_fields(people: People, school: Membership, agreement: Agreement, business: str, *expected: int) -> Any:
    version = open_version(agreement)
    return people.post(
        school,
        page("agreement_values", agreement.pk),
        *expected,
        notice_days="30",
        grade_days="30",
        teacher="Lin Tao",
        teacher_field="RFID",
        business_field=business,
        revision=version.revision,
    )


@pytest.fixture
def company() -> Membership:
    return make_member(make_enterprise())


def test_teacher_founds_a_company_in_the_own_field_for_three_years(
    people: People, school: Membership, company: Membership
) -> None:
    agreement = engagement(people, school, company, months=36)
    assert "This has to be filled: the teacher&#x27;s own field." in people.text(
        school, page("agreement_draft", agreement.pk)
    )
    people.as_member(school).post(page("agreement_submit", agreement.pk))
    assert open_version(agreement).state == AgreementVersion.State.DRAFT
    name_fields(people, school, agreement, "rfid")
    people.post(school, page("agreement_submit", agreement.pk))
    people.sign_all(agreement, company, school)
    agreement.refresh_from_db()
    assert agreement.state == Agreement.State.IN_FORCE
    assert "Lin Tao (field: RFID) is off post" in people.text(school, page("agreement_detail", agreement.pk))


def test_another_field_is_refused(people: People, school: Membership, company: Membership) -> None:
    agreement = engagement(people, school, company, months=36)
    answer = name_fields(people, school, agreement, "Catering", 422)
    assert "business_field" in answer.context["form"].errors
    assert "teacher_field" not in (open_version(agreement).said.values or {})


def test_four_years_are_refused_at_first_and_by_renewal(
    people: People, school: Membership, company: Membership
) -> None:
    four = {"mode": "engagement_off_post", "starts_on": TODAY, "ends_on": add_months(TODAY, 48), "title": "Four years"}
    answer = people.post(school, page("agreement_create"), 422, parties=[company.organization.code], **four)
    assert "ends_on" in answer.context["form"].errors
    agreement = engagement(people, school, company, months=36)
    name_fields(people, school, agreement, "RFID")
    people.post(school, page("agreement_submit", agreement.pk))
    people.sign_all(agreement, company, school)
    people.post(school, page("agreement_propose", agreement.pk), kind="renewal", note="One more year")
    version = open_version(agreement)
    values = {"title": version.said.title, "parties": [company.organization.code], "revision": version.revision}
    longer = {"ends_on": add_months(TODAY, 48).isoformat(), "note": "One more year"}
    answer = people.post(school, page("agreement_edit", agreement.pk), 422, **values | longer)
    assert "ends_on" in answer.context["form"].errors
    assert open_version(agreement).said.ends_on == add_months(TODAY, 36)


# --- an international partner joins the agreement of a laboratory ---


def test_international_partner_joins_a_laboratory_by_an_amendment(people: People, school: Membership) -> None:
    firm = make_member(make_enterprise())
    kind = Organization.Kind.RESEARCH_INSTITUTE
    partner = make_member(make_organization(kind, name="Institut für Leichtbau", country="DE", region_code=None))
    laboratory = make_in_force(
        school, firm, mode="joint_laboratory", ends_on=add_months(TODAY, 60), clauses=clauses_of("joint_laboratory")
    )
    detail = page("agreement_detail", laboratory.pk)
    first = open_version(laboratory)
    assert people.as_member(partner).get(detail).status_code == 404

    people.post(school, page("agreement_propose", laboratory.pk), kind="amendment", note="An institute joins.")
    version = open_version(laboratory)
    people.post(
        school,
        page("agreement_edit", laboratory.pk),
        title=version.said.title,
        ends_on=version.said.ends_on.isoformat(),
        parties=[firm.organization.code, partner.organization.code],
        note="An institute joins.",
        revision=version.revision,
    )
    assert people.as_member(partner).get(detail).status_code == 404, "a draft is nobody's but the drafter's"
    people.post(school, page("agreement_submit", laboratory.pk))
    assert "Institut für Leichtbau" in people.text(partner, page("agreement_sign", laboratory.pk))
    assert people.as_member(partner).get(page("version_detail", first.pk)).status_code == 404
    laboratory.refresh_from_db()
    assert laboratory.state == Agreement.State.IN_FORCE

    people.sign_all(laboratory, school, firm)
    assert open_version(laboratory).state == AgreementVersion.State.AWAITING_SIGNATURES
    people.sign(partner, laboratory)
    assert open_version(laboratory).state == AgreementVersion.State.IN_FORCE
    first.refresh_from_db()
    assert first.state == AgreementVersion.State.SUPERSEDED
    old = Signature.objects.filter(signer__version=first)
    assert old.count() == 2
    assert not old.exclude(voided_at=None).exists(), "what was signed stays signed"
    joined = laboratory.parties.get(organization=partner.organization)
    assert joined.joined_at is not None
    assert "Institut für Leichtbau" in people.text(partner, detail)
    assert people.as_member(partner).get(page("version_detail", first.pk)).status_code == 404


def test_partner_that_refuses_leaves_the_laboratory_as_it_was(people: People, school: Membership) -> None:
    firm, partner = make_member(make_enterprise()), make_member(make_university(country="DE", region_code=None))
    laboratory = make_in_force(school, firm, mode="joint_laboratory", ends_on=add_months(TODAY, 60))
    people.post(school, page("agreement_propose", laboratory.pk), kind="amendment", note="A university joins.")
    version = open_version(laboratory)
    people.post(
        school,
        page("agreement_edit", laboratory.pk),
        title=version.said.title,
        ends_on=version.said.ends_on.isoformat(),
        parties=[firm.organization.code, partner.organization.code],
        note="A university joins.",
        revision=version.revision,
    )
    people.post(school, page("agreement_submit", laboratory.pk))
    people.post(partner, page("agreement_refuse", laboratory.pk), reason="Our statutes forbid it.")
    laboratory.refresh_from_db()
    assert laboratory.state == Agreement.State.IN_FORCE
    holds = laboratory.versions.get(state=AgreementVersion.State.IN_FORCE)
    assert holds.number == 1
    assert people.as_member(partner).get(page("agreement_detail", laboratory.pk)).status_code == 404
