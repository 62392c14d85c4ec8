from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from apps.agreements.models import Agreement, Signature
from apps.agreements.services import Evidence, agreement_recall, agreement_sign, agreement_submit, agreements_sign_ask
from apps.core.errors import NotAllowed, NotConfirmed
from apps.jobs.models import JobRun
from apps.jobs.runs import run_here
from apps.organizations.models import Membership, Role
from tests.factories.agreements import make_draft, make_submitted, open_version, shown_hash
from tests.factories.chain import World, make_placement, make_world
from tests.factories.organizations import actor_as

pytestmark = pytest.mark.django_db
PAGE = "agreements:sign_many"
EVIDENCE = Evidence(factor="totp", address="192.0.2.7", agent="Test browser")


@pytest.fixture
def world() -> World:
    return make_world()


def waiting(world: World, count: int = 2) -> list[Agreement]:
    """Submitted by the university; the enterprise has not signed."""
    return [make_submitted(world.school, world.firm, title=f"Waiting {number}") for number in range(count)]


def shown(agreements: list[Agreement]) -> dict[int, int]:
    return {open_version(one).pk: open_version(one).revision for one in agreements}


def ask(member: Membership, agreements: list[Agreement]) -> JobRun:
    return agreements_sign_ask(actor_as(member), shown=shown(agreements), evidence=EVIDENCE)


def test_each_agreement_gets_a_signature_of_its_own_with_the_evidence_of_the_one_confirmation(world: World) -> None:
    agreements = waiting(world, 3)
    job = run_here(ask(world.firm, agreements))
    assert job.state == JobRun.State.DONE, job.message
    assert (job.summary["signed"], job.summary["left"]) == (3, 0)
    signatures = Signature.objects.filter(signer__version__agreement__in=agreements)
    assert signatures.count() == 3
    for signature in signatures:
        assert signature.membership == world.firm
        assert (signature.factor, signature.address, signature.agent) == ("totp", "192.0.2.7", "Test browser")
        assert signature.evidence == signature.computed_evidence()
        assert signature.content_hash == open_version(signature.signer.version.agreement).hash_for(
            signature.signer.party_id
        )
    assert len({signature.content_hash for signature in signatures}) == 3
    job.refresh_from_db()
    assert "evidence" not in job.params


def test_what_cannot_be_signed_is_listed_and_the_rest_is_signed(world: World) -> None:
    good, changed, signed, taken_back = waiting(world, 4)
    job = ask(world.firm, [good, changed, signed, taken_back])
    school = actor_as(world.school)
    for agreement in (changed, taken_back):
        agreement_recall(school, agreement_id=agreement.pk, reason="A typo")
    agreement_submit(school, agreement_id=changed.pk)
    firm = actor_as(world.firm)
    agreement_sign(firm, agreement_id=signed.pk, content_hash=shown_hash(signed, firm))
    job = run_here(job)
    assert (job.summary["signed"], job.summary["left"]) == (1, 3)
    reasons = {number: reason for number, _title, reason in job.summary["problems"]}
    assert "after you saw the list" in reasons[changed.number]
    assert "signed" in reasons[signed.number]
    assert "" in reasons  # the one that was taken back is not shown any more: not even its number
    assert job.result
    assert not Signature.objects.filter(signer__version__agreement__in=[changed, taken_back]).exists()


def test_signing_last_brings_all_of_them_into_force(world: World) -> None:
    agreements = waiting(world)
    for member in (world.firm, world.school):
        run_here(ask(member, agreements))
    assert set(Agreement.objects.filter(pk__in=[one.pk for one in agreements]).values_list("state", flat=True)) == {
        Agreement.State.IN_FORCE
    }


def test_ask_needs_the_second_factor_and_the_right_and_something_to_sign(world: World) -> None:
    versions = shown(waiting(world, 1))
    with pytest.raises(NotConfirmed):
        agreements_sign_ask(replace(actor_as(world.firm), confirmed=False), shown=versions, evidence=EVIDENCE)
    for nobody in (world.student, world.enterprise_tutor):
        with pytest.raises(NotAllowed):
            agreements_sign_ask(actor_as(nobody), shown=versions, evidence=EVIDENCE)
    for wrong in ({}, dict.fromkeys(range(2001), 1)):
        with pytest.raises(ValidationError):
            agreements_sign_ask(actor_as(world.firm), shown=wrong, evidence=EVIDENCE)
    assert not JobRun.objects.exists()


def test_job_of_who_lost_the_right_signs_nothing(world: World) -> None:
    agreements = waiting(world, 1)
    job = ask(world.firm, agreements)
    Membership.objects.filter(pk=world.firm.pk).update(role=Role.TUTOR)
    assert run_here(job).state == JobRun.State.FAILED
    assert not Signature.objects.filter(signer__version__agreement__in=agreements).exists()


def test_strangers_agreements_stay_unsigned_and_unnamed(world: World) -> None:
    own, foreign = waiting(world, 1), waiting(make_world(), 1)
    with pytest.raises(ValidationError):
        ask(world.firm, [*own, *foreign])
    assert not JobRun.objects.exists()
    job = ask(world.firm, own)
    job.params["versions"] += [list(pair) for pair in shown(foreign).items()]
    job.save()
    job = run_here(job)
    assert (job.summary["signed"], job.summary["left"]) == (1, 1)
    assert "Waiting" not in str(job.summary["problems"])


def choices(page: Any, agreements: list[Agreement]) -> dict[str, Any]:
    return {
        "shown": page.context["form"]["shown"].value(),
        "chosen": [open_version(one).pk for one in agreements],
        "extent": "chosen",
        "agree": "on",
    }


def test_page_signs_what_is_ticked(world: World, as_member: Any) -> None:
    first, second = waiting(world)
    make_draft(world.school, world.firm, title="Not shown yet")
    browser = as_member(world.firm)
    page = browser.get(reverse(PAGE))
    text = page.content.decode()
    assert [title in text for title in ("Waiting 0", "Waiting 1", "Not shown yet")] == [True, True, False]
    answer = browser.post(reverse(PAGE), choices(page, [second]))
    job = JobRun.objects.get()
    assert answer.url == reverse("jobs:run_detail", args=[job.pk])
    assert job.params["versions"] == [[open_version(second).pk, 1]]
    assert run_here(job).summary["signed"] == 1
    assert browser.get(answer.url).status_code == 200
    left = browser.get(reverse(PAGE)).context["rows"]
    assert [row.agreement for row in left] == [first]


def test_page_signs_all_of_the_list_as_it_was_shown(world: World, as_member: Any) -> None:
    agreements = waiting(world)
    browser = as_member(world.firm)
    page = browser.get(reverse(PAGE))
    later = waiting(world, 1)
    browser.post(reverse(PAGE), choices(page, []) | {"extent": "whole"})
    assert run_here(JobRun.objects.get()).summary["signed"] == 2
    assert set(
        Signature.objects.filter(membership=world.firm).values_list("signer__version__agreement", flat=True)
    ) >= {one.pk for one in agreements}
    assert not Signature.objects.filter(signer__version__agreement__in=later).exists()


@pytest.mark.parametrize(
    "wrong", [{"agree": ""}, {"chosen": []}, {"chosen": ["999999"]}, {"shown": ""}, {"shown": "x"}, {"extent": "x"}]
)
def test_page_with_something_missing_says_so_and_keeps_the_ticks(
    world: World, as_member: Any, wrong: dict[str, Any]
) -> None:
    agreements = waiting(world)
    browser = as_member(world.firm)
    page = browser.get(reverse(PAGE))
    answer = browser.post(reverse(PAGE), choices(page, agreements[:1]) | wrong)
    assert answer.status_code == 422
    assert answer.context["form"].errors
    assert not JobRun.objects.exists()
    if "agree" in wrong:
        assert answer.content.decode().count(f'value="{open_version(agreements[0]).pk}" checked') == 1


def test_page_groups_by_framework_and_by_intake(world: World, as_member: Any) -> None:
    waiting(world, 1)
    student = world.student
    agreement = make_submitted(
        world.school,
        world.firm,
        mode="placement",
        title="Tri-party",
        framework_id=world.agreement.pk,
        student_ids=[student.pk],
        ends_on=world.intake.ends_on,
    )
    make_placement(world, student, agreement=agreement, state="preparing", started_at=None)
    actor = actor_as(student)
    agreement_sign(actor, agreement_id=agreement.pk, content_hash=shown_hash(agreement, actor))
    browser = as_member(world.firm)
    page = browser.get(reverse(PAGE))
    assert len(page.context["rows"]) == 2
    labels = {str(chip["label"]): chip["url"] for chip in page.context["chips"]}
    assert set(labels) == {"All", world.agreement.title, world.intake.title}
    for label in (world.agreement.title, world.intake.title):
        assert [row.agreement for row in browser.get(labels[label]).context["rows"]] == [agreement]


def test_page_is_for_who_signs_and_asks_for_the_second_factor_once(world: World, as_member: Any) -> None:
    assert as_member(world.student).get(reverse(PAGE)).status_code == 403
    assert as_member(world.enterprise_tutor).get(reverse(PAGE)).status_code == 403
    browser = as_member(world.firm)
    assert "Nothing waits" in browser.get(reverse(PAGE)).content.decode()
    session = browser.session
    session["account_authentication_methods"] = []
    session.save()
    assert "2fa" in browser.get(reverse(PAGE)).url


@pytest.mark.parametrize("rows", [1, 4])
def test_page_costs_the_same_at_any_length(
    rows: int, world: World, as_member: Any, django_assert_max_num_queries: Any
) -> None:
    waiting(world, rows)
    browser = as_member(world.firm)
    browser.get(reverse(PAGE))
    with django_assert_max_num_queries(14):
        assert len(browser.get(reverse(PAGE)).context["rows"]) == rows
