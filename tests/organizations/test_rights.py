"""Who may do what within an organization, and that the grants of upper apps follow."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from apps.agreements.models import Agreement, AgreementGroupObjectPermission, AgreementUserObjectPermission
from apps.agreements.policies import can_sign, can_terminate
from apps.agreements.services import agreement_sign, agreement_submit
from apps.core.errors import NotAllowed, NotFound
from apps.organizations.models import (
    Membership,
    Organization,
    OrganizationGroupObjectPermission,
    OrganizationUserObjectPermission,
    Role,
)
from apps.organizations.rights import RIGHTS, grantable_to_person, grantable_to_role, withdrawable_from_role
from apps.organizations.services import (
    ROLE_PERMISSIONS,
    membership_end,
    person_right_grant,
    person_right_withdraw,
    role_right_grant,
    role_right_withdraw,
)
from tests.factories.agreements import make_draft, make_submitted, open_version, shown_hash
from tests.factories.organizations import actor_as, make_enterprise, make_member, make_university

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator() -> Membership:
    return make_member(make_university(), Role.ADMINISTRATOR)


@pytest.fixture
def firm() -> Membership:
    return make_member(make_enterprise())


def colleague(member: Membership, role: str, **values: Any) -> Membership:
    return make_member(member.organization, role, **values)


def role_grants() -> int:
    return OrganizationGroupObjectPermission.objects.count()


def test_the_words_name_every_permission_of_organizations() -> None:
    assert set(RIGHTS) == {codename for codename, _name in Organization._meta.permissions}


def test_the_defaults_are_all_grantable() -> None:
    """What a new organization starts with could be granted again after it was withdrawn."""
    for role, codenames in ROLE_PERMISSIONS.items():
        assert all(grantable_to_role(role, codename) for codename in codenames)


def test_grant_to_role_counts_from_the_next_request_on(administrator: Membership) -> None:
    observer = colleague(administrator, Role.OBSERVER)
    role_right_grant(actor_as(administrator), role=Role.OBSERVER, codename="sign_agreements")
    assert actor_as(observer).may("sign_agreements")
    role_right_withdraw(actor_as(administrator), role=Role.OBSERVER, codename="sign_agreements")
    assert not actor_as(observer).may("sign_agreements")


def test_grant_to_role_reaches_no_other_role_and_no_other_organization(administrator: Membership) -> None:
    tutor, foreign = colleague(administrator, Role.TUTOR), make_member(make_university(), Role.OBSERVER)
    role_right_grant(actor_as(administrator), role=Role.OBSERVER, codename="manage_bases")
    assert not actor_as(tutor).permissions
    assert not actor_as(foreign).may("manage_bases")


def test_repeats_write_no_second_history(administrator: Membership) -> None:
    events = OrganizationGroupObjectPermission.pgh_event_models["insert"].objects  # type: ignore[attr-defined]  # by pghistory
    before = events.count()
    for _time in range(2):
        role_right_grant(actor_as(administrator), role=Role.OBSERVER, codename="manage_bases")
    assert events.count() == before + 1
    for _time in range(2):
        role_right_withdraw(actor_as(administrator), role=Role.OBSERVER, codename="manage_bases")
    assert events.count() == before + 2


def test_history_names_who_granted(administrator: Membership) -> None:
    tutor = colleague(administrator, Role.TUTOR)
    person_right_grant(actor_as(administrator), membership_id=tutor.pk, codename="manage_bases")
    event = OrganizationUserObjectPermission.pgh_event_models["insert"].objects.get()  # type: ignore[attr-defined]  # by pghistory
    assert event.membership_id == tutor.pk
    assert event.pgh_context.metadata["membership"] == administrator.pk
    assert event.pgh_context.metadata["service"] == "person_right_grant"


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.OBSERVER, Role.TUTOR, Role.STUDENT])
def test_only_administrators_change_rights(administrator: Membership, role: str) -> None:
    actor, before = actor_as(colleague(administrator, role)), role_grants()
    with pytest.raises(NotAllowed):
        role_right_grant(actor, role=Role.OBSERVER, codename="manage_bases")
    with pytest.raises(NotAllowed):
        role_right_withdraw(actor, role=Role.COORDINATOR, codename="manage_bases")
    with pytest.raises((NotAllowed, NotFound)):
        person_right_grant(actor, membership_id=administrator.pk, codename="manage_bases")
    assert role_grants() == before


def test_rights_of_another_organization_are_out_of_reach(administrator: Membership) -> None:
    foreign = make_member(make_university(), Role.OBSERVER)
    with pytest.raises(NotFound):
        person_right_grant(actor_as(administrator), membership_id=foreign.pk, codename="manage_bases")
    with pytest.raises(NotAllowed):
        role_right_grant(
            actor_as(administrator),
            role=Role.OBSERVER,
            codename="manage_bases",
            organization_id=foreign.organization_id,
        )
    assert not actor_as(foreign).may("manage_bases")


@pytest.mark.parametrize(
    ("role", "codename"),
    [
        (Role.COORDINATOR, "manage_members"),
        (Role.OBSERVER, "manage_members"),
        (Role.TUTOR, "manage_placements"),
        (Role.TUTOR, "sign_agreements"),
        (Role.STUDENT, "view_agreements"),
    ],
)
def test_rights_that_a_role_never_gets_are_refused_with_a_reason(
    administrator: Membership, role: str, codename: str
) -> None:
    before = role_grants()
    with pytest.raises(NotAllowed) as refusal:
        role_right_grant(actor_as(administrator), role=role, codename=codename)
    assert str(refusal.value.reason)
    assert role_grants() == before


@pytest.mark.parametrize(
    ("role", "codename"),
    [(Role.STUDENT, "view_reports"), (Role.TUTOR, "review_applications"), (Role.OBSERVER, "manage_members")],
)
def test_rights_that_a_person_in_a_role_never_gets_are_refused(
    administrator: Membership, role: str, codename: str
) -> None:
    member = colleague(administrator, role)
    with pytest.raises(NotAllowed):
        person_right_grant(actor_as(administrator), membership_id=member.pk, codename=codename)
    assert not OrganizationUserObjectPermission.objects.exists()


def test_what_is_refused_to_a_role_is_not_open_to_all_its_people_by_accident() -> None:
    for role in Role.values:
        for codename in RIGHTS:
            assert grantable_to_person(role, codename) or not grantable_to_role(role, codename)


def test_administrators_keep_the_right_to_manage_members(administrator: Membership) -> None:
    with pytest.raises(NotAllowed):
        role_right_withdraw(actor_as(administrator), role=Role.ADMINISTRATOR, codename="manage_members")
    assert actor_as(administrator).may("manage_members")
    assert withdrawable_from_role(Role.ADMINISTRATOR, "sign_agreements")


def test_unknown_permissions_are_not_found(administrator: Membership) -> None:
    for codename in ("view_organization", "delete_organization", "nonsense", ""):
        with pytest.raises(NotFound):
            role_right_grant(actor_as(administrator), role=Role.OBSERVER, codename=codename)
    with pytest.raises(NotFound):
        role_right_grant(actor_as(administrator), role="king", codename="manage_bases")


def test_personal_right_counts_in_its_membership_alone(administrator: Membership) -> None:
    observer = colleague(administrator, Role.OBSERVER)
    tutor = colleague(administrator, Role.TUTOR, user=observer.user)
    elsewhere = make_member(make_university(), Role.OBSERVER, user=observer.user)
    person_right_grant(actor_as(administrator), membership_id=observer.pk, codename="manage_bases")
    assert actor_as(observer).may("manage_bases")
    assert not actor_as(tutor).may("manage_bases")
    assert not actor_as(elsewhere).may("manage_bases")
    person_right_withdraw(actor_as(administrator), membership_id=observer.pk, codename="manage_bases")
    assert not actor_as(observer).may("manage_bases")


def test_personal_rights_end_with_the_membership(administrator: Membership, firm: Membership) -> None:
    agreement = make_submitted(firm, administrator)
    observer = colleague(administrator, Role.OBSERVER)
    person_right_grant(actor_as(administrator), membership_id=observer.pk, codename="sign_agreements")
    membership_end(actor_as(administrator), membership_id=observer.pk)
    assert not OrganizationUserObjectPermission.objects.exists()
    assert not AgreementUserObjectPermission.objects.filter(content_object=agreement).exists()
    again = colleague(administrator, Role.OBSERVER, user=observer.user)
    assert not actor_as(again).may("sign_agreements")


def test_holding_finds_who_holds_by_role_and_personally(administrator: Membership) -> None:
    observer, tutor = colleague(administrator, Role.OBSERVER), colleague(administrator, Role.TUTOR)
    person_right_grant(actor_as(administrator), membership_id=observer.pk, codename="manage_bases")
    assert set(Membership.objects.holding("manage_bases")) == {administrator, observer}
    assert tutor not in Membership.objects.holding("view_reports")


# agreements follow


def test_role_that_may_sign_now_signs_agreements_that_were_submitted_before(
    administrator: Membership, firm: Membership
) -> None:
    agreement = make_submitted(firm, administrator)
    observer = colleague(administrator, Role.OBSERVER)
    assert not can_sign(actor_as(observer), open_version(agreement))
    role_right_grant(actor_as(administrator), role=Role.OBSERVER, codename="sign_agreements")
    agreement_sign(
        actor_as(observer), agreement_id=agreement.pk, content_hash=shown_hash(agreement, actor_as(observer))
    )


def test_role_that_may_no_longer_sign_loses_the_grants_on_agreements(
    administrator: Membership, firm: Membership
) -> None:
    agreement = make_submitted(firm, administrator)
    coordinator = colleague(administrator, Role.COORDINATOR)
    role_right_withdraw(actor_as(administrator), role=Role.COORDINATOR, codename="sign_agreements")
    assert not can_sign(actor_as(coordinator), open_version(agreement))
    assert not can_terminate(actor_as(coordinator), agreement)
    assert can_sign(actor_as(administrator), open_version(agreement))
    assert can_sign(actor_as(firm), open_version(agreement))


def test_submitting_grants_to_who_may_sign_now_and_not_to_the_default_roles(
    administrator: Membership, firm: Membership
) -> None:
    agreement = make_draft(firm, administrator)
    coordinator, observer = colleague(administrator, Role.COORDINATOR), colleague(administrator, Role.OBSERVER)
    role_right_withdraw(actor_as(administrator), role=Role.COORDINATOR, codename="sign_agreements")
    person_right_grant(actor_as(administrator), membership_id=observer.pk, codename="sign_agreements")
    agreement_submit(actor_as(firm), agreement_id=agreement.pk)
    assert not can_sign(actor_as(coordinator), open_version(agreement))
    assert can_sign(actor_as(observer), open_version(agreement))


def test_personal_right_to_sign_is_no_right_in_another_membership(administrator: Membership, firm: Membership) -> None:
    """A person who signs for the school ends nothing for a firm that is party too."""
    agreement = make_submitted(firm, administrator)
    observer = colleague(administrator, Role.OBSERVER)
    person_right_grant(actor_as(administrator), membership_id=observer.pk, codename="sign_agreements")
    stranger = make_member(make_enterprise(), user=observer.user)
    assert can_sign(actor_as(observer), open_version(agreement))
    assert not can_sign(actor_as(stranger), open_version(agreement))
    assert not can_terminate(actor_as(stranger), agreement)


def test_drafts_carry_no_grants(administrator: Membership, firm: Membership) -> None:
    make_draft(firm, administrator)
    role_right_grant(actor_as(administrator), role=Role.OBSERVER, codename="sign_agreements")
    assert not AgreementGroupObjectPermission.objects.exists()


def test_sync_costs_the_same_for_any_number_of_agreements(
    administrator: Membership, firm: Membership, django_assert_num_queries: Any
) -> None:
    actor = actor_as(administrator)
    for number in (1, 3):
        for _agreement in range(number):
            make_submitted(firm, administrator)
        with django_assert_num_queries(GRANT):
            role_right_grant(actor, role=Role.OBSERVER, codename="sign_agreements")
        role_right_withdraw(actor, role=Role.OBSERVER, codename="sign_agreements")


GRANT = 17
"""Statements of one grant with its agreements, savepoints included."""


@pytest.mark.django_db(transaction=True)
def test_submit_and_grant_at_once_leave_no_role_without_its_agreement() -> None:
    administrator, firm = make_member(make_university(), Role.ADMINISTRATOR), make_member(make_enterprise())
    observer = colleague(administrator, Role.OBSERVER)
    for _round in range(4):
        role_right_withdraw(actor_as(administrator), role=Role.OBSERVER, codename="sign_agreements")
        agreement = make_draft(firm, administrator)
        start = threading.Barrier(2)

        def submit(agreement: Agreement = agreement, start: threading.Barrier = start) -> None:
            start.wait()
            agreement_submit(actor_as(firm), agreement_id=agreement.pk)
            connection.close()

        def grant(start: threading.Barrier = start) -> None:
            start.wait()
            role_right_grant(actor_as(administrator), role=Role.OBSERVER, codename="sign_agreements")
            connection.close()

        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(submit), pool.submit(grant)]:
                done.result()
        assert can_sign(actor_as(observer), open_version(agreement))
