"""Who changed what, when, as whom: readable by those who may, and by nobody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from apps.agreements.models import Agreement
from apps.agreements.services import agreement_terminate, version_revise
from apps.audit import registry
from apps.audit.changes import changed, entries_of
from apps.audit.models import SecurityEvent
from apps.audit.registry import trail_of
from apps.organizations.models import Membership, Role
from apps.organizations.services import person_right_grant, role_right_grant, role_right_withdraw
from tests.factories.agreements import make_draft, make_in_force
from tests.factories.organizations import actor_as, make_enterprise, make_member, make_university, rest_client
from tests.support.queries import REST, SHELL

pytestmark = pytest.mark.django_db
ACTS = reverse("audit:act_list")


@pytest.fixture
def school() -> Membership:
    return make_member(make_university())


@pytest.fixture
def firm() -> Membership:
    return make_member(make_enterprise())


@pytest.fixture
def administrator(school: Membership) -> Membership:
    return make_member(school.organization, Role.ADMINISTRATOR)


def page_of(name: str, row: Any) -> str:
    return reverse(f"audit:{name}_history", args=[row.pk])


def revise(member: Membership, agreement: Agreement, **values: Any) -> None:
    version = agreement.versions.get()
    version_revise(actor_as(member), version_id=version.pk, expected_revision=None, **values)


def entries(member: Membership, name: str, row: Any) -> list[Any]:
    trail = trail_of(name)
    events = list(trail.events(row).select_related("pgh_context").order_by("-pk"))
    return entries_of(actor_as(member), trail, row, events)


def test_a_change_tells_field_by_field_what_was_and_what_became(school: Membership, firm: Membership) -> None:
    agreement = make_draft(school, firm, title="First")
    revise(school, agreement, title="Second", mode="teacher_team")
    change, creation = entries(school, "agreement", agreement)
    assert {(told.field, told.old, told.new) for told in change.changes} == {
        ("title", "First", "Second"),
        ("mode", "Training base", "Teacher team"),
    }
    assert (change.what, creation.what) == ("changed", "created")
    assert ("title", "", "First") in {(told.field, told.old, told.new) for told in creation.changes}


def test_who_acted_is_named_to_their_own_organization_and_to_others_by_role(
    school: Membership, firm: Membership
) -> None:
    agreement = make_in_force(school, firm)
    newest_to_firm, newest_to_school = (entries(reader, "agreement", agreement)[0].who for reader in (firm, school))
    assert newest_to_firm.name == firm.user.name
    assert newest_to_school.name == "somebody"
    assert newest_to_school.acting_as == f"coordinator of {firm.organization.local_name}"


@pytest.mark.django_db(transaction=True)
def test_what_the_portal_did_is_told_in_words(school: Membership, firm: Membership) -> None:
    agreement = make_draft(school, firm)
    Agreement.objects.filter(pk=agreement.pk).update(title="By hand")
    assert entries(school, "agreement", agreement)[0].who.name == "the portal"


def test_masked_fields_say_that_they_changed_and_not_how(
    school: Membership, firm: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    agreement = make_draft(school, firm, title="Secret one")
    revise(school, agreement, title="Secret two")
    masked = registry.Trail(**{**vars(trail_of("agreement")), "masked": frozenset({"title"})})
    monkeypatch.setitem(registry._trails, "agreement", masked)
    for entry in entries(school, "agreement", agreement):
        told = next(change for change in entry.changes if change.field == "title")
        assert (told.masked, told.old, told.new) == (True, "", "")


def test_filter_by_field_finds_the_changes_of_that_field(school: Membership, firm: Membership, as_member: Any) -> None:
    agreement = make_draft(school, firm, title="First")
    revise(school, agreement, ends_on=agreement.ends_on + timedelta(days=30))
    revise(school, agreement, title="Second")
    assert changed(agreement.events.all(), "title").count() == 2  # type: ignore[attr-defined]  # by pghistory
    page = as_member(school).get(page_of("agreement", agreement), {"field": "ends_on"})
    assert len(page.context["entries"]) == 2
    assert len(as_member(school).get(page_of("agreement", agreement), {"field": "nonsense"}).context["entries"]) == 3


@pytest.mark.parametrize("number", [1, 3])
def test_page_costs_the_same_for_any_number_of_changes(
    number: int, school: Membership, firm: Membership, as_member: Any, django_assert_num_queries: Any
) -> None:
    agreement = make_draft(school, firm)
    for version in range(number):
        revise(school, agreement, title=f"Version {version}")
    browser = as_member(school)
    browser.get(page_of("agreement", agreement))
    with django_assert_num_queries(SHELL + 7):
        browser.get(page_of("agreement", agreement))
    client = rest_client(school)
    with django_assert_num_queries(REST + 7):
        answer = client.get(f"/api/v1/history/agreement/{agreement.pk}/")
    assert len(answer.data) == number + 1


def test_history_is_paged(
    school: Membership, firm: Membership, as_member: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    agreement = make_draft(school, firm, title="Version 0")
    for version in range(1, 53):
        revise(school, agreement, title=f"Version {version}")
    first = as_member(school).get(page_of("agreement", agreement))
    second = as_member(school).get(first.context["page"].next_url)
    assert len(first.context["entries"]) == 50
    assert [entry.changes[0].old for entry in second.context["entries"][:1]] == ["Version 1"]


def test_foreign_history_is_not_found_and_that_of_a_colleague_is_for_those_who_may(
    school: Membership, firm: Membership, as_member: Any
) -> None:
    agreement = make_in_force(school, firm)
    observer = make_member(school.organization, Role.OBSERVER)
    stranger = make_member(make_university())
    assert as_member(observer).get(page_of("agreement", agreement)).status_code == 403
    assert as_member(stranger).get(page_of("agreement", agreement)).status_code == 404
    assert rest_client(stranger).get(f"/api/v1/history/agreement/{agreement.pk}/").status_code == 404
    assert rest_client(observer).get(f"/api/v1/history/agreement/{agreement.pk}/").status_code == 403


def test_history_of_another_organization_is_refused(
    administrator: Membership, firm: Membership, as_member: Any
) -> None:
    browser = as_member(administrator)
    assert browser.get(page_of("organization", firm.organization)).status_code == 403
    assert browser.get(page_of("role_rights", firm.organization)).status_code == 403
    assert browser.get(page_of("membership", firm)).status_code == 404


def test_history_of_rights_says_what_was_granted_and_withdrawn(administrator: Membership, as_member: Any) -> None:
    actor = actor_as(administrator)
    observer = make_member(administrator.organization, Role.OBSERVER)
    role_right_grant(actor, role=Role.OBSERVER, codename="manage_bases")
    role_right_withdraw(actor, role=Role.OBSERVER, codename="manage_bases")
    person_right_grant(actor, membership_id=observer.pk, codename="manage_bases")
    gone, given = entries(administrator, "role_rights", administrator.organization)[:2]
    assert (gone.what, given.what) == ("removed", "created")
    assert {told.new for told in given.changes} == {"manage bases and intakes", "observer"}
    (personally,) = entries(administrator, "person_rights", observer)
    assert [told.new for told in personally.changes] == ["manage bases and intakes"]
    assert as_member(administrator).get(page_of("person_rights", observer)).status_code == 200


def test_a_model_that_nobody_registered_has_no_history_page() -> None:
    with pytest.raises(KeyError):
        trail_of("user")


# the acts of an organization


def test_acts_are_those_of_the_own_organization(
    school: Membership, firm: Membership, administrator: Membership, as_member: Any
) -> None:
    agreement = make_in_force(school, firm)
    agreement_terminate(actor_as(firm), agreement_id=agreement.pk, cause="consent", reason="Over")
    acts = as_member(administrator).get(ACTS).context["acts"]
    assert {act.who.name for act in acts} == {school.user.name}
    drafted = [touched for act in acts for touched in act.touched if touched.thing == "agreement"]
    assert {(touched.key, touched.url) for touched in drafted} == {(str(agreement.pk), page_of("agreement", agreement))}


@pytest.mark.parametrize("number", [1, 3])
def test_acts_cost_the_same_for_any_number(
    number: int,
    school: Membership,
    firm: Membership,
    administrator: Membership,
    as_member: Any,
    django_assert_num_queries: Any,
) -> None:
    for _agreement in range(number):
        make_draft(school, firm)
    browser = as_member(administrator)
    browser.get(ACTS)
    with django_assert_num_queries(SHELL + 3):
        assert len(browser.get(ACTS).context["acts"]) == number


def test_acts_are_paged_without_gap_or_repeat(
    school: Membership, firm: Membership, administrator: Membership, as_member: Any
) -> None:
    """All in one transaction, so at one time: the key tells them apart."""
    agreement = make_draft(school, firm)
    for version in range(60):
        revise(school, agreement, title=f"Version {version}")
    browser = as_member(administrator)
    first = browser.get(ACTS)
    second = browser.get(first.context["next_url"])
    keys = [act.pk for page in (first, second) for act in page.context["acts"]]
    assert len(keys) == len(set(keys)) == 61
    assert browser.get(ACTS, {"before": "nonsense_x"}).status_code == 200


def test_acts_leave_as_a_file(school: Membership, firm: Membership, administrator: Membership, as_member: Any) -> None:
    make_draft(school, firm)
    answer = as_member(administrator).get(ACTS, {"format": "csv"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert text.splitlines()[0] == "When,Who,As,What"
    assert school.user.name in text


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.OBSERVER, Role.TUTOR, Role.STUDENT])
def test_acts_are_for_administrators(role: str, school: Membership, as_member: Any) -> None:
    assert as_member(make_member(school.organization, role)).get(ACTS).status_code == 403


# sign-ins


def test_sign_ins_are_recorded_and_shown_to_the_person_alone(
    school: Membership, firm: Membership, as_member: Any
) -> None:
    browser = as_member(school)
    page = browser.get(reverse("audit:security_list"))
    assert [event.kind for event in page.context["page"].rows] == [SecurityEvent.Kind.SIGNED_IN]
    other = as_member(firm).get(reverse("audit:security_list"))
    assert {event.user_id for event in other.context["page"].rows} == {firm.user_id}


def test_a_failed_sign_in_keeps_whose_account_it_was_and_nothing_that_was_typed(
    client: Any, school: Membership
) -> None:
    from django.contrib.auth import authenticate

    assert authenticate(None, username=school.user.email, password="wrong secret") is None
    assert authenticate(None, username="nobody@example.org", password="wrong secret") is None
    events = SecurityEvent.objects.filter(kind=SecurityEvent.Kind.SIGN_IN_FAILED).order_by("pk")
    assert [event.user_id for event in events] == [school.user_id, None]
    assert all("wrong secret" not in str(vars(event)) and "example.org" not in str(event.about) for event in events)


def test_signing_out_is_recorded(school: Membership, as_member: Any) -> None:
    browser = as_member(school)
    browser.logout()
    assert SecurityEvent.objects.filter(kind=SecurityEvent.Kind.SIGNED_OUT, user=school.user).exists()
