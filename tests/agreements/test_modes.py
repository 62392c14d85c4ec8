"""Modes of cooperation: shipped, kept by organizations, and what they ask of a draft."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from apps.agreements.models import ClauseKey, Mode, ModeTemplate
from apps.agreements.services import (
    agreement_draft,
    install_shipped_modes,
    mode_create,
    mode_retire,
    mode_revise,
    template_publish,
)
from apps.agreements.services.shipped import shipped_modes
from apps.core.errors import NotAllowed, NotFound
from apps.organizations.models import Membership, Organization, Role
from tests.factories.agreements import agreement_values, make_draft, open_version
from tests.factories.organizations import (
    actor_as,
    make_enterprise,
    make_member,
    make_organization,
    make_university,
    rest_client,
    sign_in,
)

pytestmark = pytest.mark.django_db
KINDS = {*Organization.Kind.values}


@pytest.fixture
def school(db: None) -> Membership:
    return make_member(make_university())


@pytest.fixture
def firm(db: None) -> Membership:
    return make_member(make_enterprise())


def values(**changed: Any) -> dict[str, Any]:
    return {
        "name": "产业学院",
        "name_en": "Industry college",
        "summary": "共建产业学院。",
        "summary_en": "A college is run together.",
        "party_kinds": ["university", "enterprise"],
        "required_clauses": ["parties", "scope"],
        "signing": "parallel",
        "signing_order": [],
        "shortest_months": 12,
        "longest_months": 60,
        "opens": [],
    } | changed


def own_mode(member: Membership, **changed: Any) -> str:
    """The code of a new mode of the member's organization."""
    return mode_create(actor_as(member), values=values(**changed)).pk


def clause(key: str, text: str = "甲方 {parties}") -> dict[str, str]:
    return {"key": key, "heading": key, "heading_en": key, "text": text, "text_en": text}


def test_shipped_modes_are_whole() -> None:
    """Every mode has known clauses, known kinds, both languages, and blanks that can be filled."""
    blanks = dict.fromkeys(ModeTemplate.BLANKS, "x")
    for mode in shipped_modes():
        assert {*mode["required_clauses"]} <= {*ClauseKey.values}, mode["code"]
        assert {kind for wanted in mode["party_kinds"] for kind in wanted.split("|")} <= KINDS, mode["code"]
        for text in mode["clauses"]:
            assert text["heading"], mode["code"]
            assert text["heading_en"], mode["code"]
            assert text["text"].format_map(blanks) != text["text_en"].format_map(blanks), mode["code"]
    assert len(shipped_modes()) == Mode.objects.count() == 16


def test_install_again_changes_nothing_and_a_changed_text_is_a_new_version(monkeypatch: pytest.MonkeyPatch) -> None:
    install_shipped_modes()
    assert ModeTemplate.objects.count() == 16
    changed = [dict(mode) for mode in shipped_modes()]
    changed[0]["clauses"] = [clause("parties")]
    monkeypatch.setattr("apps.agreements.services.shipped.shipped_modes", lambda: changed)
    install_shipped_modes()
    versions = ModeTemplate.objects.filter(mode=changed[0]["code"]).values_list("version", flat=True)
    assert sorted(versions) == [1, 2]


@pytest.mark.parametrize(
    ("wanted", "kinds", "missing"),
    [
        (["university", "enterprise"], ["university", "enterprise", "government"], []),
        (["university", "enterprise"], ["university", "university"], ["enterprise"]),
        (["university", "university"], ["university", "enterprise"], ["university"]),
        (["university|research_institute", "university"], ["university", "research_institute"], []),
        (["university|research_institute"], ["enterprise", "funder"], ["university|research_institute"]),
    ],
)
def test_missing_kinds_counts_each_party_once(wanted: list[str], kinds: list[str], missing: list[str]) -> None:
    assert Mode(party_kinds=wanted).missing_kinds(kinds) == missing


def test_draft_without_a_required_party_says_which(school: Membership) -> None:
    office = make_member(make_organization(Organization.Kind.GOVERNMENT))
    with pytest.raises(ValidationError, match="also needs: enterprise"):
        make_draft(school, office)


@pytest.mark.parametrize(
    ("mode", "ends_on", "allowed"),
    [
        ("joint_laboratory", date(2028, 8, 31), True),
        ("joint_laboratory", date(2028, 8, 30), False),
        ("engagement_part_time", date(2029, 9, 1), True),
        ("engagement_part_time", date(2029, 9, 2), False),
        ("engagement_part_time", date(2026, 10, 1), False),
    ],
)
def test_term_outside_the_mode_is_refused(
    mode: str, ends_on: date, allowed: bool, school: Membership, firm: Membership
) -> None:
    days = {"starts_on": date(2026, 9, 1), "ends_on": ends_on}
    if allowed:
        assert make_draft(school, firm, mode=mode, **days).mode_id == mode
        return
    with pytest.raises(ValidationError) as refused:
        make_draft(school, firm, mode=mode, **days)
    assert set(refused.value.message_dict) == {"ends_on"}


def test_draft_keeps_the_version_of_the_text_it_started_from(school: Membership, firm: Membership) -> None:
    code = own_mode(school)
    first = template_publish(actor_as(school), code=code, clauses=[clause("parties"), clause("scope")])
    draft = make_draft(school, firm, mode=code)
    second = template_publish(actor_as(school), code=code, clauses=[clause("parties"), clause("scope", "new")])
    assert (open_version(draft).template, second.version) == (first, 2)
    assert open_version(make_draft(school, firm, mode=code)).template == second


def test_publish_the_same_text_again_makes_no_new_version(school: Membership) -> None:
    code = own_mode(school)
    clauses = [clause("parties"), clause("scope")]
    first = template_publish(actor_as(school), code=code, clauses=clauses)
    assert template_publish(actor_as(school), code=code, clauses=clauses) == first


@pytest.mark.parametrize(
    ("clauses", "field"),
    [
        ([clause("parties")], "scope"),
        ([clause("parties"), clause("scope"), clause("scope")], "clauses"),
        ([clause("parties"), clause("scope", "{secret}")], "scope"),
        ([clause("parties"), clause("scope", "{parties.__class__}")], "scope"),
        ([clause("parties"), clause("scope", "{")], "scope"),
    ],
)
def test_publish_a_text_that_lacks_something_names_the_clause(
    clauses: list[dict[str, str]], field: str, school: Membership
) -> None:
    code = own_mode(school)
    with pytest.raises(ValidationError) as refused:
        template_publish(actor_as(school), code=code, clauses=clauses)
    assert set(refused.value.message_dict) == {field}
    assert not ModeTemplate.objects.filter(mode=code).exists()


def test_own_mode_is_unknown_elsewhere_and_shipped_modes_are_not_theirs(school: Membership, firm: Membership) -> None:
    code = own_mode(school)
    with pytest.raises(NotFound):
        mode_revise(actor_as(firm), code=code, values=values())
    with pytest.raises(ValidationError, match="no such mode"):
        agreement_draft(actor_as(firm), party_ids=[school.organization_id], **agreement_values(mode=code))
    with pytest.raises(NotAllowed, match="kept by its staff"):
        mode_revise(actor_as(school), code="training_base", values=values())
    with pytest.raises(NotAllowed):
        own_mode(make_member(school.organization, Role.TUTOR))


def test_retired_mode_takes_no_draft_and_keeps_those_it_has(school: Membership, firm: Membership) -> None:
    code = own_mode(school)
    draft = make_draft(school, firm, mode=code)
    retired_at = mode_retire(actor_as(school), code=code).retired_at
    assert mode_retire(actor_as(school), code=code).retired_at == retired_at
    with pytest.raises(ValidationError, match="no longer used"):
        make_draft(school, firm, mode=code)
    page = _browser(school).get(reverse("agreements:agreement_edit", args=[draft.pk]))
    assert f'<option value="{code}" selected>' in page.content.decode()


def _browser(membership: Membership) -> Client:
    browser = Client()
    sign_in(browser, membership)
    return browser


def rules(**changed: Any) -> dict[str, Any]:
    """What the page of the rules sends."""
    sent = values(**changed)
    order = sent.pop("signing_order")
    return sent | {f"signing_order_{place}": kind for place, kind in enumerate(order)}


def test_pages_from_an_empty_form_to_a_draft_of_the_new_mode(school: Membership) -> None:
    browser = _browser(school)
    answer = browser.post(reverse("agreements:mode_create"), rules(code="industry_college"))
    mode = Mode.objects.get(organization=school.organization)
    assert mode.pk.startswith("own_")
    assert answer.url == reverse("agreements:mode_template", args=[mode.pk])
    assert browser.post(answer.url, {"parties": "各方"}).status_code == 422
    texts = {"parties": "各方 {parties}", "parties_en": "{parties}", "scope": "期限", "scope_en": "Term"}
    assert browser.post(answer.url, texts).status_code == 302
    assert "期限" in browser.get(reverse("agreements:mode_detail", args=[mode.pk])).content.decode()
    draft = browser.get(reverse("agreements:agreement_create"), {"mode": mode.pk}).content.decode()
    assert f'<option value="{mode.pk}" selected>' in draft


def test_same_rules_twice_are_two_modes_whose_codes_tell_nothing(school: Membership, firm: Membership) -> None:
    codes = {own_mode(school), own_mode(school), own_mode(firm)}
    assert len(codes) == 3


def test_signing_order_and_what_it_opens_are_kept_and_shown(school: Membership) -> None:
    code = own_mode(school)
    browser = _browser(school)
    url = reverse("agreements:mode_edit", args=[code])
    changed = rules(
        signing="ordered", signing_order=["student", "", "enterprise", "university"], opens=["base", "placement"]
    )
    assert browser.post(url, changed).status_code == 302
    mode = Mode.objects.get(pk=code)
    assert (mode.signing, mode.signing_order) == ("ordered", ["student", "enterprise", "university"])
    assert mode.opens == ["base", "placement"]
    assert mode.asks_students
    page = browser.get(reverse("agreements:mode_detail", args=[code])).content.decode()
    assert "student → enterprise → university" in page
    assert "individual agreements of the mode “Tri-party placement”" in page
    again = browser.get(url).context["form"]
    assert again["signing_order"].value() == mode.signing_order


def test_text_of_a_mode_names_its_blanks(school: Membership) -> None:
    browser = _browser(school)
    for opens, named in (([], False), (["engagement"], True)):
        code = own_mode(school, opens=opens)
        page = browser.get(reverse("agreements:mode_template", args=[code])).content.decode()
        assert "{notice_days}" in page
        assert ("{teacher_field}" in page) is named


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"signing": "ordered"}, "__all__"),
        ({"signing_order": ["student", "student"]}, "signing_order"),
        ({"signing_order": ["king"]}, "signing_order"),
        ({"opens": ["everything"]}, "opens"),
        ({"shortest_months": 12, "longest_months": 6}, "__all__"),
        ({"signing": ""}, "signing"),
    ],
)
def test_rules_that_cannot_be_followed_are_refused(changed: dict[str, Any], field: str, school: Membership) -> None:
    answer = _browser(school).post(reverse("agreements:mode_create"), rules(**changed))
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not Mode.objects.filter(organization=school.organization).exists()


def test_mode_opens_no_mode_of_another_organization(school: Membership, firm: Membership) -> None:
    theirs = own_mode(firm, opens=["start"], signing_order=["student"])
    with pytest.raises(ValidationError) as refused:
        own_mode(school, opens=[theirs])
    assert set(refused.value.message_dict) == {"opens"}
    over = own_mode(firm, opens=[theirs])
    assert Mode.objects.get(pk=over).opens == [theirs]


def test_list_and_detail_show_the_rules_and_cost_the_same(
    school: Membership, django_assert_max_num_queries: Any
) -> None:
    browser = _browser(school)
    with django_assert_max_num_queries(6):
        page = browser.get(reverse("agreements:mode_list")).content.decode()
    assert page.count("Start a draft") == 16
    assert "university or research institute" in page


def test_modes_over_rest(school: Membership, firm: Membership) -> None:
    code = own_mode(school)
    codes = [mode["code"] for mode in rest_client(firm).get("/api/v1/agreement-modes/").json()["results"]]
    assert "order_based" in codes
    assert code not in codes
    assert rest_client(firm).get(f"/api/v1/agreement-modes/{code}/").status_code == 404
    assert rest_client(school).get(f"/api/v1/agreement-modes/{code}/").json()["longest_months"] == 60
