from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import QueuedMail, User
from apps.core.actor import Actor
from apps.core.errors import NotAllowed, NotFound, WrongState
from apps.organizations.models import Invitation, Membership, Organization, Role
from apps.organizations.services import (
    invitation_accept,
    invitation_create,
    invitation_resend,
    invitation_revoke,
    membership_end,
    organization_suspend,
    unit_add,
    unit_close,
)
from tests.factories.organizations import (
    PASSWORD,
    SYSTEM,
    actor_as,
    make_enterprise,
    make_member,
    make_organization,
    make_person,
    make_university,
    rest_client,
    sign_in_person,
)
from tests.factories.registrations import key_in_mail, make_invitation
from tests.support.queries import REST, SHELL

from .test_services import at_once

pytestmark = pytest.mark.django_db
LIST = reverse("organizations:invitation_list")
API = "/api/v1/invitations/"
State = Invitation.State


@pytest.fixture
def administrator() -> Membership:
    return make_member(make_university(name="太湖大学", name_en="Taihu University"), Role.ADMINISTRATOR)


def accept(person: User, invitation: Invitation) -> Membership:
    return invitation_accept(Actor(user_id=person.pk), invitation_id=invitation.pk)


def age(invitation: Invitation, **by: int) -> None:
    Invitation.objects.filter(pk=invitation.pk).update(expires_at=invitation.expires_at - timedelta(**by))


# --- inviting ---


def test_invite_sends_a_key_of_which_the_hash_stays(administrator: Membership) -> None:
    invitation = make_invitation(administrator, " Ada@Example.ORG ", name="Ada", title="Lecturer")
    assert (invitation.email, invitation.state) == ("ada@example.org", State.OPEN)
    key = key_in_mail("ada@example.org")
    assert key not in str(Invitation.objects.values().get())
    mail = QueuedMail.objects.get()
    assert "Taihu University" in mail.subject
    assert "太湖大学" in mail.body
    assert invitation.expires_at - timezone.now() > timedelta(days=6, hours=23)


def test_invite_again_returns_the_open_one_and_sends_nothing(administrator: Membership) -> None:
    first = make_invitation(administrator, "ada@example.org")
    assert make_invitation(administrator, "ADA@example.org") == first
    assert QueuedMail.objects.count() == 1
    assert make_invitation(administrator, "ada@example.org", role="observer") != first


def test_invite_says_nothing_of_accounts(administrator: Membership) -> None:
    """The same for an address with an account elsewhere as for one without."""
    known, unknown = make_member(make_enterprise()).user.email, "nobody@example.org"
    for email in (known, unknown):
        make_invitation(administrator, email)
    bodies = [QueuedMail.objects.get(to=email).body for email in (known, unknown)]
    assert len(bodies[0]) == len(bodies[1])


def test_invite_a_member_of_the_own_organization_in_the_same_role_is_refused(administrator: Membership) -> None:
    tutor = make_member(administrator.organization, Role.TUTOR)
    with pytest.raises(ValidationError, match="member in this role"):
        make_invitation(administrator, tutor.user.email)
    assert make_invitation(administrator, tutor.user.email, role="observer").role == Role.OBSERVER


@pytest.mark.parametrize(
    ("values", "field"),
    [({"email": "nobody"}, "email"), ({"role": ""}, "role"), ({"role": "king"}, "role"), ({"unit_id": 0}, "unit")],
)
def test_invite_with_a_bad_value_sends_nothing(values: dict[str, Any], field: str, administrator: Membership) -> None:
    with pytest.raises(ValidationError) as refusal:
        make_invitation(administrator, **{"email": "ada@example.org"} | values)
    assert set(refusal.value.message_dict) == {field}
    assert not QueuedMail.objects.exists()


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.TUTOR, Role.STUDENT, Role.OBSERVER])
def test_invite_without_right_is_refused(role: str, administrator: Membership) -> None:
    with pytest.raises(NotAllowed):
        make_invitation(make_member(administrator.organization, role), "ada@example.org")


def test_organizations_are_invited_by_groups_and_government_alone(administrator: Membership) -> None:
    with pytest.raises(NotAllowed):
        make_invitation(administrator, "ada@example.org", purpose="organization")
    host = make_member(make_organization(Organization.Kind.GOVERNMENT), Role.ADMINISTRATOR)
    invitation = make_invitation(host, "ada@example.org", purpose="organization")
    assert (invitation.purpose, invitation.role) == ("organization", "")


def test_resend_makes_the_old_key_worthless(administrator: Membership, client: Client) -> None:
    invitation = make_invitation(administrator, "ada@example.org")
    old = key_in_mail("ada@example.org")
    with pytest.raises(WrongState, match="less than a minute"):
        invitation_resend(actor_as(administrator), invitation_id=invitation.pk)
    age(invitation, days=8)
    assert Invitation.objects.get().state == State.EXPIRED
    assert invitation_resend(actor_as(administrator), invitation_id=invitation.pk).state == State.OPEN
    new = key_in_mail("ada@example.org")
    assert client.get(reverse("organizations:invitation_open", args=[old])).status_code == 404
    assert client.get(reverse("organizations:invitation_open", args=[new])).status_code == 200


def test_revoked_invitation_opens_nothing(administrator: Membership) -> None:
    person = make_person()
    invitation = make_invitation(administrator, person.email)
    revoked = invitation_revoke(actor_as(administrator), invitation_id=invitation.pk)
    assert invitation_revoke(actor_as(administrator), invitation_id=invitation.pk).revoked_at == revoked.revoked_at
    for act in (partial(accept, person), lambda row: invitation_resend(actor_as(administrator), invitation_id=row.pk)):
        with pytest.raises(WrongState):
            act(invitation)
    assert not person.memberships.exists()


def test_invitation_of_another_organization_is_not_found(administrator: Membership) -> None:
    foreign = make_invitation(make_member(make_enterprise(), Role.ADMINISTRATOR), "ada@example.org")
    for act in (invitation_resend, invitation_revoke):
        with pytest.raises(NotFound):
            act(actor_as(administrator), invitation_id=foreign.pk)


# --- accepting ---


def test_accept_makes_the_member_once(administrator: Membership) -> None:
    unit, person = unit_add(actor_as(administrator), name="Unit"), make_person()
    invitation = make_invitation(administrator, person.email, title="Lecturer", unit_id=unit.pk)
    membership = accept(person, invitation)
    assert (membership.role, membership.title, membership.unit) == (Role.TUTOR, "Lecturer", unit)
    assert actor_as(membership).is_member
    assert accept(person, invitation) == membership
    invitation.refresh_from_db()
    assert (invitation.state, invitation.accepted_by) == (State.ACCEPTED, person)
    with pytest.raises(WrongState):
        invitation_revoke(actor_as(administrator), invitation_id=invitation.pk)


def test_accept_after_the_membership_ended_does_not_bring_it_back(administrator: Membership) -> None:
    person = make_person()
    invitation = make_invitation(administrator, person.email)
    membership_end(actor_as(administrator), membership_id=accept(person, invitation).pk)
    with pytest.raises(NotFound):
        accept(person, invitation)
    assert not person.memberships.current().exists()


def test_accept_is_for_the_holder_of_the_address_alone(administrator: Membership) -> None:
    person, other = make_person(), make_person()
    invitation = make_invitation(administrator, person.email)
    with pytest.raises(NotFound):
        accept(other, invitation)
    EmailAddress.objects.create(user=other, email=person.email, verified=False)
    with pytest.raises(NotFound):
        accept(other, invitation)
    EmailAddress.objects.filter(user=person).update(verified=False)
    with pytest.raises(NotFound):
        accept(person, invitation)
    assert Membership.objects.count() == 1


def test_accept_by_a_second_address_that_is_verified(administrator: Membership) -> None:
    person = make_person()
    EmailAddress.objects.create(user=person, email="second@example.org", verified=True)
    assert accept(person, make_invitation(administrator, "second@example.org")).user == person


def test_accept_after_seven_days_is_refused(administrator: Membership) -> None:
    person = make_person()
    invitation = make_invitation(administrator, person.email)
    age(invitation, days=7, seconds=1)
    with pytest.raises(WrongState, match="expired"):
        accept(person, invitation)


def test_accept_into_a_suspended_organization_is_refused(administrator: Membership) -> None:
    person = make_person()
    invitation = make_invitation(administrator, person.email)
    organization_suspend(SYSTEM, organization_id=administrator.organization_id, reason="x")
    with pytest.raises(WrongState, match="suspended"):
        accept(person, invitation)


def test_accept_into_a_unit_that_closed_meanwhile_joins_without_it(administrator: Membership) -> None:
    unit, person = unit_add(actor_as(administrator), name="Unit"), make_person()
    invitation = make_invitation(administrator, person.email, unit_id=unit.pk)
    unit_close(actor_as(administrator), unit_id=unit.pk)
    assert accept(person, invitation).unit is None


@pytest.mark.django_db(transaction=True)
def test_accept_twice_at_once_makes_one_membership() -> None:
    administrator = make_member(make_university(), Role.ADMINISTRATOR)
    for _turn in range(5):
        person = make_person()
        invitation = make_invitation(administrator, person.email)
        first, second = at_once(*2 * [partial(accept, person, invitation)])
        assert first == second
        assert person.memberships.count() == 1


@pytest.mark.django_db(transaction=True)
def test_invite_twice_at_once_sends_one_mail() -> None:
    administrator = make_member(make_university(), Role.ADMINISTRATOR)
    for turn in range(5):
        first, second = at_once(*2 * [partial(make_invitation, administrator, f"ada{turn}@example.org")])
        assert first == second
    assert QueuedMail.objects.count() == 5


# --- the key of the mail ---


def open_url(email: str) -> str:
    return reverse("organizations:invitation_open", args=[key_in_mail(email)])


def test_key_shows_who_invites_and_both_ways_on_whether_there_is_an_account_or_not(
    administrator: Membership, client: Client
) -> None:
    person = make_person()
    pages = []
    for email in (person.email, "nobody@example.org"):
        make_invitation(administrator, email)
        page = client.get(open_url(email)).content.decode()
        assert "Taihu University invites you" in page
        assert email not in page
        pages.append((page.count("Sign in"), page.count("Sign up")))
    assert pages[0] == pages[1]
    assert client.get(reverse("organizations:invitation_open", args=["unknown"])).status_code == 404


def test_key_leads_a_newcomer_through_sign_up_to_membership(administrator: Membership, client: Client) -> None:
    make_invitation(administrator, "new@example.org")
    url = open_url("new@example.org")
    sign_up = client.post(f"{url}sign-up/")
    assert sign_up.status_code == 302
    form = client.get(sign_up.headers["Location"])
    assert 'value="new@example.org"' in form.content.decode()
    client.post(
        sign_up.headers["Location"],
        {"email": "new@example.org", "name": "Newcomer", "password1": PASSWORD, "password2": PASSWORD, "next": url},
    )
    person = User.objects.get(email="new@example.org")
    assert EmailAddress.objects.get(user=person).verified
    page = client.get(url).content.decode()
    assert "Accept" in page
    invitation = Invitation.objects.get()
    assert client.post(reverse("organizations:invitation_accept", args=[invitation.pk])).status_code == 302
    assert person.memberships.get().role == Role.TUTOR
    assert "Taihu University" in client.get(reverse("portal:home")).content.decode()


def test_key_verifies_no_other_address(administrator: Membership, client: Client) -> None:
    make_invitation(administrator, "new@example.org")
    sign_up = client.post(f"{open_url('new@example.org')}sign-up/").headers["Location"]
    data = {"email": "victim@example.org", "name": "X", "password1": PASSWORD, "password2": PASSWORD}
    client.post(sign_up, data)
    assert not EmailAddress.objects.filter(email="victim@example.org", verified=True).exists()


def test_key_of_somebody_else_offers_no_acceptance(administrator: Membership) -> None:
    make_invitation(administrator, "ada@example.org")
    browser = Client()
    sign_in_person(browser, make_person(), with_factor=False)
    page = browser.get(open_url("ada@example.org")).content.decode()
    assert "Sent to another address" in page
    assert "ada@example.org" not in page
    accepting = reverse("organizations:invitation_accept", args=[Invitation.objects.get().pk])
    assert browser.get(accepting).status_code == browser.post(accepting).status_code == 404


def test_key_that_is_over_says_so(administrator: Membership, client: Client) -> None:
    invitation = make_invitation(administrator, "ada@example.org")
    url = open_url("ada@example.org")
    invitation_revoke(actor_as(administrator), invitation_id=invitation.pk)
    assert "opens nothing any more" in client.get(url).content.decode()
    assert client.post(f"{url}sign-up/").status_code == 409


def test_key_to_register_an_organization_leads_to_the_form() -> None:
    host, person = make_member(make_organization(Organization.Kind.GOVERNMENT), Role.ADMINISTRATOR), make_person()
    invitation = make_invitation(host, person.email, purpose="organization")
    browser = Client()
    sign_in_person(browser, person, with_factor=False)
    form = f"{reverse('organizations:registration_create')}?invitation={invitation.pk}"
    assert form in browser.get(open_url(person.email)).content.decode()
    assert f'name="invitation" value="{invitation.pk}"' in browser.get(form).content.decode()


def test_home_page_of_an_invited_person_leads_to_acceptance(administrator: Membership) -> None:
    person, browser = make_person(), Client()
    invitation = make_invitation(administrator, person.email)
    sign_in_person(browser, person, with_factor=False)
    url = reverse("organizations:invitation_accept", args=[invitation.pk])
    assert url in browser.get(reverse("portal:home")).content.decode()
    assert "Taihu University" in browser.get(url).content.decode()
    browser.post(url)
    assert person.memberships.get().organization == administrator.organization


# --- pages of who invites ---


@pytest.mark.parametrize("rows", [1, 3])
def test_list_costs_the_same_at_any_length(
    rows: int, administrator: Membership, as_member: Any, django_assert_num_queries: Any
) -> None:
    for number in range(rows):
        make_invitation(administrator, f"ada{number}@example.org")
    make_invitation(make_member(make_enterprise(), Role.ADMINISTRATOR), "canary@example.org")
    browser = as_member(administrator)
    browser.get(LIST)
    with django_assert_num_queries(SHELL + 1):
        response = browser.get(LIST)
    assert len(response.context["page"].rows) == rows
    assert "canary" not in response.content.decode()


def test_list_filters_by_state_and_address(administrator: Membership, as_member: Any) -> None:
    actor, person = actor_as(administrator), make_person()
    rows = {name: make_invitation(administrator, f"{name}@example.org") for name in ("open", "expired", "revoked")}
    rows["accepted"] = make_invitation(administrator, person.email)
    accept(person, rows["accepted"])
    invitation_revoke(actor, invitation_id=rows["revoked"].pk)
    age(rows["expired"], days=8)
    browser = as_member(administrator)
    for state, row in rows.items():
        assert [found.pk for found in browser.get(LIST, {"state": state}).context["page"].rows] == [row.pk]
    assert [found.pk for found in browser.get(LIST, {"q": "revok"}).context["page"].rows] == [rows["revoked"].pk]


def test_list_is_for_administrators(administrator: Membership, as_member: Any) -> None:
    assert as_member(make_member(administrator.organization)).get(LIST).status_code == 403


def test_pages_invite_resend_and_revoke(administrator: Membership, as_member: Any) -> None:
    browser, new = as_member(administrator), reverse("organizations:invitation_create")
    body = {"email": "ada@example.org", "role": "tutor", "name": "Ada", "title": "", "unit": ""}
    assert browser.post(new, body | {"role": ""}).status_code == 422
    assert browser.post(new, body | {"email": "ada"}).status_code == 422
    assert browser.post(new, body).headers["Location"] == LIST
    invitation = Invitation.objects.get()
    assert browser.post(reverse("organizations:invitation_resend", args=[invitation.pk])).status_code == 409
    age(invitation, minutes=2)
    assert browser.post(reverse("organizations:invitation_resend", args=[invitation.pk])).status_code == 302
    assert browser.post(reverse("organizations:invitation_revoke", args=[invitation.pk])).status_code == 302
    invitation.refresh_from_db()
    assert invitation.state == State.REVOKED


# --- API ---


def test_api_invites_lists_and_revokes(administrator: Membership, django_assert_num_queries: Any) -> None:
    client = rest_client(administrator)
    body = {"email": "ada@example.org", "role": "tutor"}
    created = client.post(API, body, headers={"Idempotency-Key": "1"})
    assert created.status_code == 201
    assert client.post(API, body, headers={"Idempotency-Key": "1"}).data == created.data
    assert set(created.data) == {
        "id", "email", "purpose", "role", "name", "title", "unit", "state", "created_at", "expires_at",
    }  # fmt: skip
    with django_assert_num_queries(REST + 1):
        assert len(client.get(API, {"state": "open"}).data["results"]) == 1
    assert client.post(f"{API}{created.data['id']}/revoke/").data["state"] == "revoked"
    assert client.post(f"{API}{created.data['id']}/resend/").status_code == 409
    bad = client.post(API, {"email": "ada", "role": "king"})
    assert (bad.status_code, set(bad.json()["errors"])) == (400, {"email", "role"})


def test_api_refuses_reading_tokens_other_roles_and_foreigners(administrator: Membership) -> None:
    invitation = make_invitation(administrator, "ada@example.org")
    body = {"email": "bob@example.org", "role": "tutor"}
    assert rest_client(administrator, scope="read").post(API, body).status_code == 403
    assert rest_client(make_member(administrator.organization)).post(API, body).status_code == 403
    foreign = rest_client(make_member(make_enterprise(), Role.ADMINISTRATOR))
    assert foreign.get(f"{API}{invitation.pk}/").status_code == 404
    assert foreign.post(f"{API}{invitation.pk}/revoke/").status_code == 404
    assert foreign.get(API).data["results"] == []


def test_system_invites_nobody() -> None:
    with pytest.raises(NotAllowed):
        invitation_create(SYSTEM, email="ada@example.org", role="tutor")
