"""The pages on which a draft is written: its parts, what is missing, and what others did meanwhile."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from apps.agreements.models import Agreement, AgreementFile, AgreementVersion, Mode
from apps.agreements.services import agreement_submit, version_revise
from apps.organizations.models import Membership, Role
from tests.factories.agreements import agreement_values, make_draft, make_in_force, make_submitted, open_version
from tests.factories.organizations import actor_as, make_enterprise, make_member, make_university
from tests.support.queries import SHELL

pytestmark = pytest.mark.django_db


@pytest.fixture
def school() -> Membership:
    return make_member(make_university())


@pytest.fixture
def firm() -> Membership:
    return make_member(make_enterprise())


def page(name: str, agreement: Agreement, *args: Any) -> str:
    return reverse(f"agreements:{name}", args=[agreement.pk, *args])


def party_of(agreement: Agreement, member: Membership) -> int:
    return agreement.parties.get(organization=member.organization).pk


def frame(agreement: Agreement, *others: Membership, **changed: Any) -> dict[str, Any]:
    """What the page of title, days and parties sends."""
    terms = open_version(agreement).said
    return {
        "title": terms.title,
        "mode": agreement.mode_id,
        "starts_on": terms.starts_on,
        "ends_on": terms.ends_on,
        "parties": [member.organization.code for member in others],
        "revision": open_version(agreement).revision,
    } | changed


def sent(form: Any) -> dict[str, Any]:
    """What a browser sends of a form that nobody has touched."""
    data = {}
    for field in form:
        value = field.value()
        if value is not None and not isinstance(value, bool):
            data[field.html_name] = value
    return data


# --- a new draft ---


def test_new_draft_starts_from_the_text_of_its_mode_and_leads_to_its_parts(
    school: Membership, firm: Membership, as_member: Any
) -> None:
    browser = as_member(school)
    data = agreement_values() | {"parties": [firm.organization.code]}
    answer = browser.post(reverse("agreements:agreement_create"), data)
    agreement = Agreement.objects.get()
    assert answer.url == page("agreement_draft", agreement)
    shown = browser.get(answer.url)
    assert shown.context["submit"]
    assert len(open_version(agreement).said.clauses) == 12
    assert f"{school.organization.name} ({school.organization.code})" in shown.content.decode()
    assert as_member(firm).get(answer.url).status_code == 404


def test_choosing_a_mode_saves_nothing_and_asks_what_it_needs(
    school: Membership, firm: Membership, as_member: Any
) -> None:
    frame = make_in_force(school, firm)
    student = make_member(school.organization, Role.STUDENT)
    browser = as_member(school)
    url = reverse("agreements:agreement_create")
    plain = browser.post(url, {"title": "T", "mode": "training_base", "choose_mode": "1"})
    assert not {"framework", "students"} & set(plain.context["form"].fields)
    asked = browser.post(
        url, {"title": "T", "mode": "placement", "choose_mode": "1", "student_search": student.user.name}
    ).content.decode()
    assert f"{frame.title} · {frame.number}" in asked
    assert student.user.email in asked
    assert 'value="T"' in asked
    assert Agreement.objects.count() == 1


def test_tri_party_draft_has_its_framework_and_its_student(
    school: Membership, firm: Membership, as_member: Any
) -> None:
    over = make_in_force(school, firm)
    student = make_member(school.organization, Role.STUDENT)
    today = timezone.localdate()
    data = {
        "title": "Placement",
        "mode": "placement",
        "framework": over.pk,
        "students": [student.pk],
        "parties": [firm.organization.code],
        "starts_on": today,
        "ends_on": today + timedelta(days=90),
    }
    url = reverse("agreements:agreement_create")
    alone = as_member(school).post(url, data | {"framework": ""})
    assert alone.status_code == 422
    assert "framework" in alone.context["form"].errors
    assert as_member(school).post(url, data).status_code == 302
    made = Agreement.objects.get(framework=over)
    assert made.parties.get(student=student)
    edit = as_member(school).get(page("agreement_edit", made)).content.decode()
    assert f'value="{student.pk}" checked' in edit
    assert f'<option value="{over.pk}" selected>' in edit


def test_framework_and_students_of_others_cannot_be_chosen(
    school: Membership, firm: Membership, as_member: Any
) -> None:
    own = make_in_force(school, firm)
    other = make_member(make_university())
    foreign = make_in_force(other, firm)
    stranger = make_member(other.organization, Role.STUDENT)
    today = timezone.localdate()
    data = {
        "title": "Placement",
        "mode": "placement",
        "parties": [firm.organization.code],
        "starts_on": today,
        "ends_on": today + timedelta(days=90),
    }
    for chosen, field in (
        ({"framework": foreign.pk, "students": []}, "framework"),
        ({"framework": own.pk, "students": [stranger.pk]}, "students"),
    ):
        answer = as_member(school).post(reverse("agreements:agreement_create"), data | chosen)
        assert answer.status_code == 422
        assert field in answer.context["form"].errors


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"starts_on": "9999-01-01", "ends_on": "9999-02-01"}, "ends_on"),
        ({"starts_on": "0001-01-01", "ends_on": "0001-01-02"}, "ends_on"),
        ({"mode": "\x00"}, "mode"),
        ({"mode": "nonsense"}, "mode"),
        ({"framework": "9" * 40, "mode": "placement"}, "framework"),
        ({"students": ["x", "9" * 40, "\x00"], "mode": "placement"}, "students"),
        ({"title": "x" * 151}, "title"),
        ({"sign_until": "soon"}, "sign_until"),
        ({"parties": ["\x00"]}, "parties"),
    ],
)
def test_nonsense_in_a_new_draft_is_an_error_beside_its_field(
    changed: dict[str, Any], field: str, school: Membership, firm: Membership, as_member: Any
) -> None:
    data = agreement_values() | {"parties": [firm.organization.code]} | changed
    answer = as_member(school).post(reverse("agreements:agreement_create"), data)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not Agreement.objects.exists()


def test_draft_ends_after_it_starts(school: Membership, firm: Membership, as_member: Any) -> None:
    data = agreement_values() | {"parties": [firm.organization.code]}
    data["ends_on"] = data["starts_on"]
    answer = as_member(school).post(reverse("agreements:agreement_create"), data)
    assert answer.context["form"].errors["ends_on"] == ["The end must lie after the start."]


# --- the parts ---


def test_page_of_parts_names_what_is_missing_and_does_not_submit(
    school: Membership, firm: Membership, as_member: Any
) -> None:
    agreement = make_draft(school, firm, clauses=[])
    version = open_version(agreement)
    AgreementVersion.objects.filter(pk=version.pk).update(sign_until=timezone.localdate() - timedelta(days=1))
    shown = as_member(school).get(page("agreement_draft", agreement))
    text = shown.content.decode()
    assert "The mode requires these clauses" in text
    assert "The last day to sign has passed" in text
    assert "2 things are missing." in text
    assert not shown.context["submit"]


def test_page_of_parts_leads_on_when_there_is_no_draft_and_shows_readers_why_not(
    school: Membership, firm: Membership, as_member: Any
) -> None:
    agreement = make_draft(school, firm)
    observer = make_member(school.organization, Role.OBSERVER)
    text = as_member(observer).get(page("agreement_draft", agreement)).content.decode()
    assert "Only the organization that drafted this version changes it." in text
    agreement_submit(actor_as(school), agreement_id=agreement.pk)
    answer = as_member(school).get(page("agreement_draft", agreement))
    assert answer.url == page("agreement_detail", agreement)


PARTS = ["edit", "clauses", "values", "signers", "shares", "attachments"]


@pytest.mark.parametrize("part", PARTS[:-1])
def test_part_is_saved_as_it_was_shown_without_changing_what_is_said(
    part: str, school: Membership, firm: Membership, as_member: Any
) -> None:
    agreement = make_draft(school, firm)
    before = open_version(agreement)
    browser = as_member(school)
    url = page(f"agreement_{part}", agreement)
    answer = browser.post(url, sent(browser.get(url).context["form"]) | _codes(part, firm))
    assert answer.status_code == 302, answer.context["form"].errors
    after = open_version(agreement)
    assert after.revision == before.revision + 1
    assert after.content_hash == before.content_hash
    assert [signer.pk for signer in after.circuit] == [signer.pk for signer in before.circuit]


def _codes(part: str, firm: Membership) -> dict[str, Any]:
    return {"parties": [firm.organization.code]} if part == "edit" else {}


@pytest.mark.parametrize("part", ["clauses", "signers"])
def test_rows_are_counted_once_on_the_page(part: str, school: Membership, firm: Membership, as_member: Any) -> None:
    """What a button replaces is all that says how many rows there are."""
    agreement = make_draft(school, firm)
    shown = as_member(school).get(page(f"agreement_{part}", agreement)).content.decode()
    names = re.findall(r'name="((?:count|rows\.\d+\.(?!concerns)\w+))"', shown)
    assert names.count("count") == 1
    assert len(names) == len(set(names))


@pytest.mark.parametrize("part", PARTS)
def test_part_of_a_draft_is_for_those_who_draft_it(
    part: str, school: Membership, firm: Membership, as_member: Any
) -> None:
    agreement = make_draft(school, firm)
    url = page(f"agreement_{part}", agreement)
    assert as_member(firm).get(url).status_code == 404
    assert as_member(make_member(school.organization, Role.OBSERVER)).get(url).status_code == 403
    agreement_submit(actor_as(school), agreement_id=agreement.pk)
    assert as_member(school).get(url).status_code == 409
    assert as_member(firm).get(url).status_code == 403


def test_change_by_somebody_else_is_told_and_what_was_typed_is_kept(
    school: Membership, firm: Membership, as_member: Any
) -> None:
    agreement = make_draft(school, firm)
    browser = as_member(school)
    url = page("agreement_edit", agreement)
    typed = frame(agreement, firm, title="Mine")
    version_revise(actor_as(school), version_id=open_version(agreement).pk, expected_revision=None, title="Theirs")
    answer = browser.post(url, typed)
    assert answer.status_code == 409
    assert "Somebody changed this draft in the meantime" in answer.content.decode()
    assert 'value="Mine"' in answer.content.decode()
    assert open_version(agreement).said.title == "Theirs"
    again = sent(answer.context["form"]) | {"parties": [firm.organization.code]}
    assert browser.post(url, again).status_code == 302
    assert open_version(agreement).said.title == "Mine"


def test_clauses_are_added_moved_and_removed_without_saving(
    school: Membership, firm: Membership, as_member: Any
) -> None:
    agreement = make_draft(school, firm)
    browser = as_member(school)
    url = page("agreement_clauses", agreement)
    form = browser.get(url).context["form"]
    first, second = (row["row"]["key"] for row in form.bound_rows()[:2])
    for act, keys in (
        ("down:0", [second, first]),
        ("up:1", [first, second]),
        ("remove:0", [second]),
        ("up:0", [second]),
        ("remove:99", [second]),
        ("down:x", [second]),
    ):
        form = browser.post(url, sent(form) | {"act": act}).context["form"]
        assert [row["row"]["key"] for row in form.bound_rows()[: len(keys)]] == keys, act
    count = len(form.bound_rows())
    form = browser.post(url, sent(form) | {"act": "add"}).context["form"]
    assert len(form.bound_rows()) == count + 1
    assert open_version(agreement).revision == 1
    data = sent(form) | {
        f"rows.{count}.heading": "Lodging",
        f"rows.{count}.text": "Until {ends_on}, {notice_days} days.",
        f"rows.{count}.concerns": [party_of(agreement, firm)],
    }
    looked = browser.post(url, data | {"act": "look"}).content.decode()
    assert f"Until {agreement.ends_on.isoformat()}, 30 days." in looked
    assert browser.post(url, data).status_code == 302
    clauses = open_version(agreement).said.clauses
    assert clauses[0].key == second
    assert (clauses[-1].heading, clauses[-1].concerns) == ("Lodging", (party_of(agreement, firm),))


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"rows.0.text": "{secret}"}, "__all__"),
        ({"rows.0.text": "  "}, "rows.0.text"),
        ({"rows.0.key": "nonsense"}, "rows.0.key"),
        ({"rows.0.concerns": ["999999"]}, "rows.0.concerns"),
        ({"rows.1.heading": "x" * 101}, "rows.1.heading"),
    ],
)
def test_bad_clause_is_an_error_beside_it_and_nothing_is_saved(
    changed: dict[str, Any], field: str, school: Membership, firm: Membership, as_member: Any
) -> None:
    agreement = make_draft(school, firm)
    browser = as_member(school)
    url = page("agreement_clauses", agreement)
    answer = browser.post(url, sent(browser.get(url).context["form"]) | changed)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert open_version(agreement).revision == 1


@pytest.mark.parametrize("count", ["", "x", "-1", "99999999999999999999", "1" * 5000])
def test_nonsense_for_the_number_of_rows_is_an_error_and_no_crash(
    count: str, school: Membership, firm: Membership, as_member: Any
) -> None:
    agreement = make_draft(school, firm)
    url = page("agreement_clauses", agreement)
    assert as_member(school).post(url, {"count": count, "revision": "1"}).status_code in {302, 422}
    assert as_member(school).post(url, {"count": count, "act": "add"}).status_code == 200


def test_values_fill_the_text(school: Membership, firm: Membership, as_member: Any) -> None:
    agreement = make_draft(school, firm)
    browser = as_member(school)
    url = page("agreement_values", agreement)
    data = sent(browser.get(url).context["form"]) | {"notice_days": "45"}
    assert browser.post(url, data | {"notice_days": "-1"}).status_code == 422
    assert browser.post(url, data).status_code == 302
    assert open_version(agreement).said.notice_days == 45


def test_duty_is_added_and_taken_out(school: Membership, firm: Membership, as_member: Any) -> None:
    agreement = make_draft(school, firm)
    browser = as_member(school)
    data = {
        "party": party_of(agreement, firm),
        "kind": "places",
        "text": "Places for mechatronics",
        "quantity": "12",
        "unit": "places",
        "due_on": timezone.localdate() + timedelta(days=30),
        "revision": 1,
    }
    late = data | {"due_on": agreement.ends_on + timedelta(days=1)}
    answer = browser.post(page("duty_add", agreement), late)
    assert "due_on" in answer.context["form"].errors
    assert browser.post(page("duty_add", agreement), data).status_code == 302
    (duty,) = open_version(agreement).said.duties
    assert "Places for mechatronics" in browser.get(page("agreement_draft", agreement)).content.decode()
    remove = page("duty_remove", agreement, duty.key)
    assert browser.post(remove, {"revision": 1}).status_code == 409
    assert browser.post(page("duty_remove", agreement, "nonsense"), {"revision": 2}).status_code == 404
    assert browser.post(remove, {"revision": 2}).status_code == 302
    assert not open_version(agreement).said.duties


def test_shares_are_given_for_all_or_none(school: Membership, firm: Membership, as_member: Any) -> None:
    agreement = make_draft(school, firm)
    browser = as_member(school)
    url = page("agreement_shares", agreement)
    ours, theirs = (party_of(agreement, member) for member in (school, firm))

    def save(sent: dict[str, str]) -> Any:
        return browser.post(url, sent | {"revision": open_version(agreement).revision})

    shares = {f"benefit_{ours}": "40", f"risk_{ours}": "50", f"benefit_{theirs}": "60", f"risk_{theirs}": "50"}
    partly = save(shares | {f"risk_{ours}": ""})
    assert f"risk_{ours}" in partly.context["form"].errors
    assert save(shares | {f"benefit_{ours}": "50"}).status_code == 422
    assert save(shares).status_code == 302
    assert {share.party: share.benefit for share in open_version(agreement).said.shares} == {ours: 40, theirs: 60}
    assert "40 % of the benefits" in browser.get(page("agreement_draft", agreement)).content.decode()
    assert save({}).status_code == 302
    assert open_version(agreement).said.shares == ()


# --- signers ---


def test_signers_are_named_by_member_deputy_and_link_in_turns(
    school: Membership, firm: Membership, as_member: Any
) -> None:
    agreement = make_draft(school, firm)
    deputy = make_member(school.organization)
    browser = as_member(school)
    url = page("agreement_signers", agreement)
    ours = party_of(agreement, school)
    form = browser.post(url, sent(browser.get(url).context["form"]) | {"act": f"add:{ours}"}).context["form"]
    own, added = (row["number"] for row in form.bound_rows() if row["row"]["party"] == str(ours))
    data = sent(form) | {
        f"rows.{own}.membership": school.pk,
        f"rows.{own}.deputy": deputy.pk,
        f"rows.{own}.order": "2",
        f"rows.{added}.name": "王建国",
        f"rows.{added}.email": "wang@school.example.org",
    }
    answer = browser.post(url, data)
    assert answer.status_code == 302, answer.context["form"].errors
    circuit = open_version(agreement).circuit
    assert len(circuit) == 3
    named = next(signer for signer in circuit if signer.party_id == ours and signer.membership)
    assert (named.membership, named.deputy, named.order) == (school, deputy, 2)
    outside = next(signer for signer in circuit if signer.email)
    assert (outside.party_id, outside.name, outside.capacity) == (ours, "王建国", "legal")


def test_members_of_other_organizations_are_neither_shown_nor_named(
    school: Membership, firm: Membership, as_member: Any
) -> None:
    agreement = make_draft(school, firm)
    browser = as_member(school)
    url = page("agreement_signers", agreement)
    shown = browser.get(url)
    assert firm.user.name not in shown.content.decode()
    form = shown.context["form"]
    theirs = next(r["number"] for r in form.bound_rows() if r["row"]["party"] == str(party_of(agreement, firm)))
    for forged in (
        {"membership": firm.pk},
        {"name": "Eve", "email": "eve@school.example.org"},
        {"capacity": "student"},
    ):
        rows = {f"rows.{theirs}.{name}": value for name, value in forged.items()}
        browser.post(url, sent(form) | rows)
        signer = next(one for one in open_version(agreement).circuit if one.party.organization == firm.organization)
        assert (signer.membership, signer.email, signer.capacity) == (None, "", "authorised")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"email": "wang@school.example.org"}, "name"),
        ({"order": "0"}, "order"),
        ({"capacity": "guardian"}, "capacity"),
        ({"email": "nonsense"}, "email"),
    ],
)
def test_bad_signer_is_an_error_beside_it(
    changed: dict[str, str], field: str, school: Membership, firm: Membership, as_member: Any
) -> None:
    agreement = make_draft(school, firm)
    browser = as_member(school)
    url = page("agreement_signers", agreement)
    rows = {f"rows.0.{name}": value for name, value in changed.items()}
    answer = browser.post(url, sent(browser.get(url).context["form"]) | rows)
    assert answer.status_code == 422
    assert f"rows.0.{field}" in answer.context["form"].errors


def test_guardian_is_named_by_the_school_and_the_student_signs_in_person(
    school: Membership, firm: Membership, as_member: Any
) -> None:
    over = make_in_force(school, firm)
    student = make_member(school.organization, Role.STUDENT)
    term = {"starts_on": timezone.localdate(), "ends_on": timezone.localdate() + timedelta(days=90)}
    agreement = make_draft(school, firm, mode="placement", framework_id=over.pk, student_ids=[student.pk], **term)
    party = agreement.parties.get(student=student)
    browser = as_member(school)
    url = page("agreement_signers", agreement)
    form = browser.post(url, sent(browser.get(url).context["form"]) | {"act": f"add:{party.pk}"}).context["form"]
    own, added = (row["number"] for row in form.bound_rows() if row["row"]["party"] == str(party.pk))
    assert f"rows.{own}.membership" not in form.fields
    assert f"rows.{own}.name" not in form.fields
    guardian = {f"rows.{added}.name": "李建国", f"rows.{added}.email": "li@example.org"}
    answer = browser.post(url, sent(form) | guardian)
    assert answer.status_code == 302, answer.context["form"].errors
    signers = {one.capacity: one for one in open_version(agreement).circuit if one.party_id == party.pk}
    assert (signers["student"].membership, signers["student"].email) == (student, "")
    assert (signers["guardian"].who, signers["guardian"].email) == ("李建国", "li@example.org")


def test_party_without_a_signer_is_named_as_missing(school: Membership, firm: Membership, as_member: Any) -> None:
    agreement = make_draft(school, firm)
    browser = as_member(school)
    url = page("agreement_signers", agreement)
    form = browser.post(url, sent(browser.get(url).context["form"]) | {"act": "remove:0"}).context["form"]
    assert browser.post(url, sent(form)).status_code == 302
    assert "Each party needs a signer." in browser.get(page("agreement_draft", agreement)).content.decode()


def test_signature_for_a_stranger_cannot_be_added(school: Membership, firm: Membership, as_member: Any) -> None:
    agreement = make_draft(school, firm)
    foreign = make_draft(school, make_member(make_enterprise())).parties.last()
    assert foreign is not None
    url = page("agreement_signers", agreement)
    for wanted in (foreign.pk, "x", ""):
        assert as_member(school).post(url, {"count": "0", "act": f"add:{wanted}"}).status_code == 404


# --- files ---


@pytest.fixture
def paper(settings: Any, tmp_path: Any) -> SimpleUploadedFile:
    settings.MEDIA_ROOT = tmp_path
    return SimpleUploadedFile("附件 1.pdf", b"%PDF-1.7\n%%EOF\n", "application/pdf")


def attach(browser: Any, agreement: Agreement, file: SimpleUploadedFile, **more: Any) -> AgreementFile:
    data = {"file": file, "revision": open_version(agreement).revision} | more
    answer = browser.post(page("agreement_attachments", agreement), data)
    assert answer.status_code == 302, answer.context["form"].errors
    return AgreementFile.objects.latest("pk")


def test_attachment_is_hashed_on_the_way_in_and_can_be_taken_out(
    school: Membership, firm: Membership, as_member: Any, paper: SimpleUploadedFile
) -> None:
    agreement = make_draft(school, firm)
    browser = as_member(school)
    kept = attach(browser, agreement, paper)
    (told,) = open_version(agreement).said.attachments
    assert told.sha256 == kept.sha256 == hashlib.sha256(b"%PDF-1.7\n%%EOF\n").hexdigest()
    with kept.file.open() as stored:
        assert stored.read() == b"%PDF-1.7\n%%EOF\n"
    assert told.name == "附件 1.pdf"
    assert "附件 1.pdf" in browser.get(page("agreement_attachments", agreement)).content.decode()
    given = browser.get(reverse("agreements:file", args=[kept.pk]))
    assert given.getvalue() == b"%PDF-1.7\n%%EOF\n"
    remove = page("attachment_remove", agreement, kept.pk)
    assert browser.post(remove, {"revision": "1"}).status_code == 409
    assert browser.post(remove, {"revision": "2"}).status_code == 302
    assert open_version(agreement).said.attachments == ()
    assert browser.get(reverse("agreements:file", args=[kept.pk])).status_code == 404


def test_file_is_given_to_whom_it_concerns_once_it_was_shown(
    school: Membership, firm: Membership, as_member: Any, paper: SimpleUploadedFile
) -> None:
    third = make_member(make_enterprise())
    agreement = make_draft(school, firm, third)
    kept = attach(as_member(school), agreement, paper, concerns=[party_of(agreement, firm)])
    url = reverse("agreements:file", args=[kept.pk])
    assert as_member(firm).get(url).status_code == 404
    agreement_submit(actor_as(school), agreement_id=agreement.pk)
    statuses = {}
    for member in (school, firm, third):
        answer = as_member(member).get(url)
        assert answer.status_code != 200 or answer.getvalue()
        statuses[member] = answer.status_code
    assert statuses == {school: 200, firm: 200, third: 404}
    stranger = make_member(make_university())
    assert as_member(stranger).get(url).status_code == 404


# --- changes of what is in force ---


def test_any_party_proposes_a_change_which_only_it_sees_until_it_is_submitted(
    school: Membership, firm: Membership, as_member: Any
) -> None:
    agreement = make_in_force(school, firm)
    browser = as_member(firm)
    url = page("agreement_propose", agreement)
    assert 'value="renewal"' in browser.get(url + "?kind=renewal").content.decode()
    assert browser.post(url, {"kind": "renewal", "note": " "}).status_code == 422
    answer = browser.post(url, {"kind": "renewal", "note": "Two years more."})
    assert answer.url == page("agreement_draft", agreement)
    text = browser.get(answer.url).content.decode()
    assert "Two years more." in text
    assert "A renewal ends later than what it renews." in text
    assert as_member(school).get(answer.url).url == page("agreement_detail", agreement)
    assert as_member(school).post(url, {"kind": "amendment", "note": "No."}).status_code == 409
    edit = browser.get(page("agreement_edit", agreement)).context["form"]
    assert not {"mode", "starts_on", "framework"} & set(edit.fields)
    later = agreement.ends_on + timedelta(days=730)
    data = sent(edit) | {"ends_on": later, "parties": []}
    assert browser.post(page("agreement_edit", agreement), data).status_code == 302
    version = AgreementVersion.objects.get(agreement=agreement, number=2)
    assert version.said.ends_on == later
    assert browser.get(answer.url).context["submit"]


def test_propose_is_for_parties(school: Membership, firm: Membership, as_member: Any) -> None:
    agreement = make_in_force(school, firm)
    url = page("agreement_propose", agreement)
    assert as_member(make_member(firm.organization, Role.OBSERVER)).get(url).status_code == 403
    assert as_member(make_member(make_university())).get(url).status_code == 404
    waiting = make_submitted(school, firm)
    answer = as_member(school).post(page("agreement_propose", waiting), {"kind": "amendment", "note": "More."})
    assert answer.status_code in {403, 409}


# --- what it costs ---


@pytest.mark.parametrize("others", [1, 6])
def test_page_of_parts_costs_the_same_for_any_number_of_parties(
    others: int, school: Membership, as_member: Any, django_assert_max_num_queries: Any
) -> None:
    firms = [make_member(make_enterprise()) for _number in range(others)]
    agreement = make_draft(school, *firms)
    browser = as_member(school)
    browser.get(page("agreement_draft", agreement))
    with django_assert_max_num_queries(SHELL + 10):
        browser.get(page("agreement_draft", agreement))


def test_every_blank_that_can_be_filled_has_a_field(school: Membership, firm: Membership, as_member: Any) -> None:
    agreement = make_draft(school, firm)
    for mode in Mode.objects.exclude(pk="placement"):
        Agreement.objects.filter(pk=agreement.pk).update(mode=mode)
        assert as_member(school).get(page("agreement_values", agreement)).status_code == 200
