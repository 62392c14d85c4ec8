"""The page of an agreement, its versions, and signing, sending back and refusing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.agreements.models import Agreement, AgreementVersion, Signature
from apps.agreements.services import (
    Slot,
    agreement_recall,
    agreement_submit,
    signers_set,
    version_propose,
    version_revise,
)
from apps.agreements.terms import Clause
from apps.organizations.models import Membership, Role
from tests.factories.agreements import (
    clauses_of,
    make_draft,
    make_in_force,
    make_submitted,
    open_version,
    shown_hash,
    sign,
    sign_all,
    signer_of,
)
from tests.factories.organizations import actor_as, make_enterprise, make_member, make_organization, make_university
from tests.support.queries import SHELL

from .pages import at, read, sign_in_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def school() -> Membership:
    return make_member(make_university())


@pytest.fixture
def firm() -> Membership:
    return make_member(make_enterprise())


def change(agreement: Agreement, drafter: Membership, *, clauses: list[Clause] | None = None, **changes: Any) -> None:
    """Take the version back, change it, submit it again."""
    actor = actor_as(drafter)
    agreement_recall(actor, agreement_id=agreement.pk, reason="A mistake")
    if clauses is not None:
        changes["clauses"] = tuple(clauses)
    version_revise(actor, version_id=open_version(agreement).pk, expected_revision=None, **changes)
    agreement_submit(actor, agreement_id=agreement.pk)


def test_whole_circuit_in_the_browser(school: Membership, firm: Membership, as_member: Any) -> None:
    agreement = make_draft(school, firm)
    assert as_member(firm).get(at("agreement_detail", agreement.pk)).status_code == 404
    assert "Submit for signature" in read(as_member(school), "agreement_detail", agreement.pk)
    as_member(school).post(at("agreement_submit", agreement.pk))
    for member in (school, firm):
        page = read(as_member(member), "agreement_detail", agreement.pk)
        assert at("agreement_sign", agreement.pk) in page
        assert sign_in_page(as_member(member), agreement).status_code == 302
    page = read(as_member(firm), "agreement_detail", agreement.pk)
    assert "What holds now" in page
    assert at("agreement_sign", agreement.pk) not in page
    assert Agreement.objects.get().state == Agreement.State.IN_FORCE


@pytest.mark.parametrize("more", [0, 2])
def test_other_pages_cost_the_same_at_any_length(
    more: int, school: Membership, firm: Membership, as_member: Any
) -> None:
    others = [make_member(make_enterprise()) for _number in range(more)]
    agreement = make_in_force(school, firm, *others)
    version_propose(actor_as(school), agreement_id=agreement.pk, kind="amendment", note="More")
    agreement_submit(actor_as(school), agreement_id=agreement.pk)
    newest = open_version(agreement)
    browser = as_member(firm)
    pages = ("version_detail", "version_compare", "agreement_sign", "obligations")
    costs = {}
    for name in pages:
        url = at(name, newest.pk if name.startswith("version") else agreement.pk)
        browser.get(url)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(url).status_code == 200
        costs[name] = len(queries) - SHELL
    assert costs == {"version_detail": 7, "version_compare": 13, "agreement_sign": 9, "obligations": 3}


def test_sign_page_shows_the_own_part_alone_and_signs_its_hash(
    school: Membership, firm: Membership, as_member: Any
) -> None:
    other = make_member(make_enterprise())
    agreement = make_draft(school, firm, other)
    party = signer_of(agreement, other.organization_id).party_id
    secret = Clause("other", "Only for one", "What concerns the other firm alone.", (party,))
    clauses = (*clauses_of("training_base"), secret)
    version_revise(actor_as(school), version_id=open_version(agreement).pk, expected_revision=None, clauses=clauses)
    agreement_submit(actor_as(school), agreement_id=agreement.pk)
    assert "What concerns the other firm alone." in read(as_member(other), "agreement_sign", agreement.pk)
    for name, pk in (
        ("agreement_sign", agreement.pk),
        ("agreement_detail", agreement.pk),
        ("version_detail", open_version(agreement).pk),
    ):
        assert "What concerns the other firm alone." not in read(as_member(firm), name, pk)
    sign_in_page(as_member(firm), agreement)
    signature = Signature.objects.get()
    version = open_version(agreement)
    assert signature.content_hash == version.hash_for(signature.signer.party_id) != version.content_hash


def test_signature_keeps_factor_address_and_browser(school: Membership, firm: Membership, as_member: Any) -> None:
    agreement = make_submitted(school, firm)
    browser = as_member(firm, headers={"User-Agent": "A browser of tests"})
    sign_in_page(browser, agreement)
    signature = Signature.objects.get()
    assert (signature.factor, signature.address, signature.agent) == ("totp", "127.0.0.1", "A browser of tests")
    assert signature.evidence == signature.computed_evidence()


def test_sign_without_reading_is_refused(school: Membership, firm: Membership, as_member: Any) -> None:
    agreement = make_submitted(school, firm)
    data = {"content_hash": shown_hash(agreement, actor_as(firm))}
    assert as_member(firm).post(at("agreement_sign", agreement.pk), data).status_code == 422
    assert not Signature.objects.exists()


def test_page_opened_before_a_change_signs_nothing_and_shows_what_changed(
    school: Membership, firm: Membership, as_member: Any
) -> None:
    agreement = make_submitted(school, firm)
    old = shown_hash(agreement, actor_as(firm))
    clauses = clauses_of("training_base")
    clauses[0] = replace(clauses[0], text="Something quite new is agreed.")
    change(agreement, school, clauses=clauses)
    url = at("agreement_sign", agreement.pk)
    response = as_member(firm).post(url, {"content_hash": old, "agree": "on"})
    assert response.status_code == 409
    page = response.content.decode()
    assert "<ins>Something quite new is agreed.</ins>" in page
    assert f"<del>What is agreed on {clauses[0].key}.</del>" in page
    assert not Signature.objects.exists()
    assert sign_in_page(as_member(firm), agreement).status_code == 302


def test_hash_that_was_never_shown_signs_nothing(school: Membership, firm: Membership, as_member: Any) -> None:
    agreement = make_submitted(school, firm)
    data = {"content_hash": "0" * 64, "agree": "on"}
    assert as_member(firm).post(at("agreement_sign", agreement.pk), data).status_code == 409
    assert not Signature.objects.exists()


def test_page_opened_before_it_was_taken_back_says_so(school: Membership, firm: Membership, as_member: Any) -> None:
    agreement = make_submitted(school, firm)
    data = {"content_hash": shown_hash(agreement, actor_as(firm)), "agree": "on"}
    agreement_recall(actor_as(school), agreement_id=agreement.pk, reason="A mistake")
    response = as_member(firm).post(at("agreement_sign", agreement.pk), data)
    assert response.status_code == 409
    assert "taken back" in response.content.decode()
    assert "It is being changed" in read(as_member(firm), "agreement_detail", agreement.pk)


def test_second_of_a_side_is_told_that_it_has_signed(school: Membership, firm: Membership, as_member: Any) -> None:
    agreement = make_submitted(school, firm)
    sign(agreement, firm)
    colleague = make_member(firm.organization)
    assert "Your side has signed already." in read(as_member(colleague), "agreement_sign", agreement.pk)
    data = {"content_hash": shown_hash(agreement, actor_as(colleague)), "agree": "on"}
    assert as_member(colleague).post(at("agreement_sign", agreement.pk), data).status_code == 409
    assert Signature.objects.count() == 1


def test_signing_twice_is_one_signature(school: Membership, firm: Membership, as_member: Any) -> None:
    agreement = make_submitted(school, firm)
    data = {"content_hash": shown_hash(agreement, actor_as(firm)), "agree": "on"}
    browser = as_member(firm)
    answers = [browser.post(at("agreement_sign", agreement.pk), data).status_code for _time in range(2)]
    assert answers == [302, 302]
    assert Signature.objects.count() == 1


def test_who_comes_later_reads_whose_turn_it_is(school: Membership, firm: Membership, as_member: Any) -> None:
    agreement = make_draft(school, firm)
    first, second = (signer_of(agreement, member.organization_id).party_id for member in (school, firm))
    signers_set(
        actor_as(school),
        version_id=open_version(agreement).pk,
        expected_revision=None,
        slots=[Slot(first, order=1), Slot(second, order=2)],
    )
    agreement_submit(actor_as(school), agreement_id=agreement.pk)
    assert "Others sign first" in read(as_member(firm), "agreement_detail", agreement.pk)
    assert "Others sign first" in read(as_member(firm), "agreement_sign", agreement.pk)
    assert sign_in_page(as_member(firm), agreement).status_code == 409
    sign(agreement, school)
    assert sign_in_page(as_member(firm), agreement).status_code == 302


@pytest.mark.parametrize(
    ("name", "by", "state"),
    [
        ("agreement_send_back", "firm", AgreementVersion.State.DRAFT),
        ("agreement_refuse", "firm", AgreementVersion.State.REFUSED),
        ("agreement_recall", "school", AgreementVersion.State.DRAFT),
        ("agreement_withdraw", "school", AgreementVersion.State.WITHDRAWN),
    ],
)
def test_answers_need_a_reason_which_the_drafter_reads(
    name: str, by: str, state: str, school: Membership, firm: Membership, as_member: Any
) -> None:
    agreement = make_submitted(school, firm)
    member = {"school": school, "firm": firm}[by]
    url = at(name, agreement.pk)
    assert as_member(member).get(url).status_code == 200
    assert as_member(member).post(url, {"reason": " "}).status_code == 422
    assert open_version(agreement).state == AgreementVersion.State.AWAITING_SIGNATURES
    assert as_member(member).post(url, {"reason": "The pay is too low"}).status_code == 302
    assert open_version(agreement).state == state
    assert "The pay is too low" in read(as_member(school), "agreement_detail", agreement.pk)


@pytest.mark.parametrize(
    ("name", "by"), [("agreement_recall", "firm"), ("agreement_withdraw", "firm"), ("agreement_refuse", "observer")]
)
def test_answers_of_others_are_refused(
    name: str, by: str, school: Membership, firm: Membership, as_member: Any
) -> None:
    agreement = make_submitted(school, firm)
    member = firm if by == "firm" else make_member(firm.organization, Role.OBSERVER)
    assert as_member(member).post(at(name, agreement.pk), {"reason": "No"}).status_code == 403
    assert open_version(agreement).state == AgreementVersion.State.AWAITING_SIGNATURES


def test_observer_sees_a_disabled_button_with_its_reason(school: Membership, firm: Membership, as_member: Any) -> None:
    agreement = make_submitted(school, firm)
    observer = make_member(firm.organization, Role.OBSERVER)
    page = read(as_member(observer), "agreement_detail", agreement.pk)
    assert "Only coordinators and administrators of the parties sign." in page


def test_submit_of_an_incomplete_draft_says_what_is_missing(
    school: Membership, firm: Membership, as_member: Any
) -> None:
    agreement = make_draft(school, firm, clauses=[])
    page = read(as_member(school), "agreement_detail", agreement.pk)
    assert "The mode requires these clauses" in page
    assert at("agreement_submit", agreement.pk) not in page
    response = as_member(school).post(at("agreement_submit", agreement.pk), follow=True)
    assert "The mode requires these clauses" in response.content.decode()
    assert Agreement.objects.get().state == Agreement.State.DRAFT


def test_versions_are_read_and_compared_by_the_parties_alone(
    school: Membership, firm: Membership, as_member: Any
) -> None:
    agreement = make_in_force(school, firm)
    version_propose(actor_as(firm), agreement_id=agreement.pk, kind="amendment", note="Two more years")
    draft = open_version(agreement)
    longer = draft.said.ends_on + timedelta(days=700)
    version_revise(actor_as(firm), version_id=draft.pk, expected_revision=None, ends_on=longer, title="A longer base")
    compare = at("version_compare", draft.pk)
    assert as_member(school).get(compare).status_code == 404
    page = as_member(firm).get(compare)
    assert [change.what for change in page.context["changes"]][:2] == ["Title", "Valid until"]
    agreement_submit(actor_as(firm), agreement_id=agreement.pk)
    assert "Two more years" in read(as_member(school), "agreement_detail", agreement.pk)
    assert as_member(school).get(compare).status_code == 200
    first = agreement.versions.get(number=1)
    same = as_member(school).get(at("version_compare", first.pk), {"with": draft.pk})
    assert same.context["older"].pk == first.pk
    assert as_member(school).get(compare, {"with": "nonsense"}).status_code == 404
    stranger = make_member(make_enterprise())
    for url in (compare, at("version_detail", draft.pk)):
        assert as_member(stranger).get(url).status_code == 404


def test_newcomer_sees_nothing_from_before(school: Membership, firm: Membership, as_member: Any) -> None:
    agreement = make_in_force(school, firm)
    partner = make_member(make_enterprise())
    version_propose(actor_as(school), agreement_id=agreement.pk, kind="amendment", note="A partner joins")
    both = [firm.organization_id, partner.organization_id]
    version_revise(actor_as(school), version_id=open_version(agreement).pk, expected_revision=None, party_ids=both)
    agreement_submit(actor_as(school), agreement_id=agreement.pk)
    first = agreement.versions.get(number=1)
    assert as_member(partner).get(at("version_detail", first.pk)).status_code == 404
    acts = as_member(partner).get(at("agreement_detail", agreement.pk)).context["acts"]
    assert {act.version for act in acts} == {2}
    sign_all(agreement, (school, firm, partner))
    assert open_version(agreement).state == AgreementVersion.State.IN_FORCE


def test_government_reads_what_came_into_force_and_acts_on_nothing(
    school: Membership, firm: Membership, as_member: Any
) -> None:
    officer = make_member(make_organization("government"), Role.ADMINISTRATOR)
    agreement = make_submitted(school, firm)
    assert as_member(officer).get(at("agreement_detail", agreement.pk)).status_code == 404
    sign_all(agreement, (school, firm))
    page = as_member(officer).get(at("agreement_detail", agreement.pk))
    assert "What is agreed on" in page.content.decode()
    assert not page.context["amend"]


@pytest.mark.parametrize("more", [0, 2])
def test_detail_costs_the_same_at_any_length(
    more: int, school: Membership, firm: Membership, as_member: Any, django_assert_num_queries: Any
) -> None:
    others = [make_member(make_enterprise()) for _number in range(more)]
    agreement = make_submitted(school, firm, *others)
    sign(agreement, firm)
    for _number in range(more):
        change(agreement, school, title="Another title")
        sign(agreement, firm)
    browser = as_member(school)
    browser.get(at("agreement_detail", agreement.pk))
    with django_assert_num_queries(SHELL + DETAIL):
        browser.get(at("agreement_detail", agreement.pk))


DETAIL = 19
