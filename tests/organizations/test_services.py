from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from apps.core.errors import NotAllowed, NotFound, WrongState
from apps.organizations.models import Membership, Organization, Role, RoleGroup
from apps.organizations.services import (
    ROLE_PERMISSIONS,
    membership_end,
    membership_start,
    memberships,
    organization_create,
)
from tests.factories.organizations import (
    SYSTEM,
    actor_as,
    make_enterprise,
    make_member,
    make_person,
    make_university,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", Role.values)
def test_membership_gives_the_permissions_of_its_role_and_no_others(role: str) -> None:
    actor = actor_as(make_member(make_university(), role))
    assert actor.permissions == frozenset(ROLE_PERMISSIONS[role])


def test_role_of_one_organization_gives_nothing_in_another() -> None:
    person = make_person()
    make_member(make_university(), Role.ADMINISTRATOR, person)
    tutor = make_member(make_enterprise(), Role.TUTOR, person)
    assert actor_as(tutor).permissions == frozenset()


@pytest.mark.parametrize(
    "values", [{"kind": "ministry"}, {"name": ""}, {"country": "China"}, {"region_code": "999999"}, {"code": ""}]
)
def test_create_organization_with_bad_value_writes_nothing(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        organization_create(SYSTEM, **{"kind": "enterprise", "code": "1", "name": "x"} | values)
    assert not Organization.objects.exists()
    assert not RoleGroup.objects.exists()


def test_create_organization_with_taken_code_is_refused_by_field() -> None:
    taken = make_university()
    with pytest.raises(ValidationError) as refusal:
        organization_create(SYSTEM, kind="enterprise", code=taken.code, name="x")
    assert set(refusal.value.message_dict) == {"code"}


def test_start_membership_twice_returns_the_one_that_is_there() -> None:
    school, person = make_university(), make_person()
    first = make_member(school, Role.TUTOR, person)
    assert make_member(school, Role.TUTOR, person) == first
    assert Membership.objects.count() == 1


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.TUTOR, Role.STUDENT, Role.OBSERVER])
def test_start_membership_without_right_is_refused(role: str) -> None:
    school, person = make_university(), make_person()
    actor = actor_as(make_member(school, role))
    with pytest.raises(NotAllowed):
        membership_start(actor, organization_id=school.pk, user_id=person.pk, role=Role.TUTOR)
    assert not person.memberships.exists()


def test_start_membership_of_disabled_person_or_unknown_role_is_refused() -> None:
    school, person = make_university(), make_person()
    with pytest.raises(ValidationError):
        make_member(school, "king", person)
    person.is_active = False
    person.save()
    with pytest.raises(NotFound):
        make_member(school, Role.TUTOR, person)


def test_end_membership_takes_every_right_and_keeps_the_record() -> None:
    school = make_university()
    administrator, coordinator = make_member(school, Role.ADMINISTRATOR), make_member(school)
    membership_end(actor_as(administrator), membership_id=coordinator.pk)
    actor = actor_as(coordinator)
    assert not actor.is_member
    assert actor.permissions == frozenset()
    assert not coordinator.user.groups.exists()
    ended = Membership.objects.get(pk=coordinator.pk).ended_at
    assert membership_end(actor_as(administrator), membership_id=coordinator.pk).ended_at == ended


def test_end_membership_of_the_last_administrator_is_refused() -> None:
    administrator = make_member(make_university(), Role.ADMINISTRATOR)
    with pytest.raises(WrongState):
        membership_end(SYSTEM, membership_id=administrator.pk)
    administrator.refresh_from_db()
    assert administrator.is_current


def at_once(*acts: Any) -> list[Any]:
    """Run the acts in threads that start together; returns their answers, or the exceptions that they raised."""
    ready = threading.Barrier(len(acts))

    def run(act: Any) -> Any:
        try:
            ready.wait(10)
            return act()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def end_each_other() -> int:
    """Two administrators end each other's membership at once; returns how many stay."""
    school = make_university()
    first, second = make_member(school, Role.ADMINISTRATOR), make_member(school, Role.ADMINISTRATOR)
    one, other = actor_as(first), actor_as(second)
    at_once(
        lambda: membership_end(one, membership_id=second.pk),
        lambda: membership_end(other, membership_id=first.pk),
    )
    return school.memberships.current().count()


@pytest.mark.django_db(transaction=True)
def test_end_membership_by_two_administrators_at_once_leaves_one() -> None:
    assert [end_each_other() for _turn in range(10)] == [1] * 10


@pytest.mark.django_db(transaction=True)
def test_end_membership_at_once_without_the_guard_can_leave_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the test above can fail."""
    monkeypatch.setattr(memberships, "_require_another_administrator", lambda membership: None)
    assert 0 in [end_each_other() for _turn in range(10)]


@pytest.mark.django_db(transaction=True)
def test_start_membership_twice_at_once_makes_one() -> None:
    school = make_university()
    for _turn in range(5):
        person = make_person()
        first, second = at_once(*2 * [partial(make_member, school, Role.TUTOR, person)])
        assert first == second
        assert person.memberships.count() == 1
