from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from apps.core.errors import NotAllowed, NotFound, WrongState
from apps.organizations.models import Membership, Role, Unit
from apps.organizations.services import (
    membership_end,
    membership_set_unit,
    unit_add,
    unit_close,
    unit_move,
    unit_rename,
    units,
)
from tests.factories.organizations import actor_as, make_enterprise, make_member, make_university, rest_client
from tests.support.queries import REST, SHELL
from tests.support.races import overlapping

pytestmark = pytest.mark.django_db
LIST = reverse("organizations:unit_list")
MEMBERS = reverse("organizations:member_list")


@pytest.fixture
def administrator() -> Membership:
    return make_member(make_university(), Role.ADMINISTRATOR)


def add(administrator: Membership, name: str, parent: Unit | None = None) -> Unit:
    return unit_add(actor_as(administrator), name=name, parent_id=parent.pk if parent else None)


def move(administrator: Membership, unit: Unit, parent: Unit | None) -> Unit:
    return unit_move(actor_as(administrator), unit_id=unit.pk, parent_id=parent.pk if parent else None)


# --- services ---


def test_add_puts_a_unit_into_the_tree_of_the_own_organization(administrator: Membership) -> None:
    school = add(administrator, " 机电学院 ")
    institute = add(administrator, "数控教研室", school)
    assert (school.name, school.organization_id) == ("机电学院", administrator.organization_id)
    assert institute.parent == school
    assert set(Unit.objects.below(school.pk)) == {school, institute}


def test_add_with_a_name_that_is_taken_there_is_refused(administrator: Membership) -> None:
    school = add(administrator, "机电学院")
    with pytest.raises(ValidationError, match="of this name"):
        add(administrator, "机电学院")
    assert add(administrator, "机电学院", school).parent == school


def test_add_below_a_foreign_or_closed_unit_is_refused(administrator: Membership) -> None:
    foreign = add(make_member(make_enterprise(), Role.ADMINISTRATOR), "Workshop")
    closed = unit_close(actor_as(administrator), unit_id=add(administrator, "Old").pk)
    for parent in (foreign, closed):
        with pytest.raises(ValidationError) as refusal:
            add(administrator, "New", parent)
        assert set(refusal.value.message_dict) == {"parent"}


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.TUTOR, Role.STUDENT, Role.OBSERVER])
def test_change_without_right_is_refused(role: str, administrator: Membership) -> None:
    unit = add(administrator, "Unit")
    actor = actor_as(make_member(administrator.organization, role))
    for act in (
        partial(unit_add, name="x"),
        partial(unit_rename, unit_id=unit.pk, name="x"),
        partial(unit_move, unit_id=unit.pk, parent_id=None),
        partial(unit_close, unit_id=unit.pk),
    ):
        with pytest.raises(NotAllowed):
            act(actor)
    assert [row.name for row in Unit.objects.all()] == ["Unit"]


def test_change_of_a_foreign_unit_is_not_found(administrator: Membership) -> None:
    foreign = add(make_member(make_enterprise(), Role.ADMINISTRATOR), "Workshop")
    for act in (
        partial(unit_rename, name="x"),
        partial(unit_move, parent_id=None),
        unit_close,
    ):
        with pytest.raises(NotFound):
            act(actor_as(administrator), unit_id=foreign.pk)


def test_move_under_itself_or_one_below_is_refused(administrator: Membership) -> None:
    top = add(administrator, "Top")
    middle = add(administrator, "Middle", top)
    bottom = add(administrator, "Bottom", middle)
    for parent in (top, middle, bottom):
        with pytest.raises(ValidationError, match="cannot be part of itself"):
            move(administrator, top, parent)
    assert move(administrator, bottom, top).parent == top
    assert move(administrator, bottom, None).parent is None


def test_tree_grows_eight_levels_deep_and_no_deeper(administrator: Membership) -> None:
    unit: Unit | None = None
    for level in range(8):
        unit = add(administrator, f"Level {level}", unit)
    with pytest.raises(ValidationError, match="at most 8 levels"):
        add(administrator, "Level 8", unit)
    pair = add(administrator, "Pair")
    add(administrator, "Child", pair)
    with pytest.raises(ValidationError, match="at most 8 levels"):
        move(administrator, pair, Unit.objects.get(name="Level 6"))
    assert move(administrator, pair, Unit.objects.get(name="Level 5")).parent is not None


def test_close_needs_an_empty_unit(administrator: Membership) -> None:
    actor, top = actor_as(administrator), add(administrator, "Top")
    below, tutor = add(administrator, "Below", top), make_member(administrator.organization, Role.TUTOR)
    with pytest.raises(WrongState, match="units below"):
        unit_close(actor, unit_id=top.pk)
    membership_set_unit(actor, membership_id=tutor.pk, unit_id=below.pk)
    with pytest.raises(WrongState, match="Members belong"):
        unit_close(actor, unit_id=below.pk)
    membership_end(actor, membership_id=tutor.pk)
    closed = unit_close(actor, unit_id=below.pk)
    assert unit_close(actor, unit_id=below.pk).closed_at == closed.closed_at
    with pytest.raises(WrongState, match="closed"):
        unit_rename(actor, unit_id=below.pk, name="x")
    tutor.refresh_from_db()
    assert tutor.unit == below


def test_set_unit_takes_open_units_of_the_organization_alone(administrator: Membership) -> None:
    actor, tutor = actor_as(administrator), make_member(administrator.organization, Role.TUTOR)
    foreign = add(make_member(make_enterprise(), Role.ADMINISTRATOR), "Workshop")
    with pytest.raises(ValidationError):
        membership_set_unit(actor, membership_id=tutor.pk, unit_id=foreign.pk)
    unit = add(administrator, "Unit")
    assert membership_set_unit(actor, membership_id=tutor.pk, unit_id=unit.pk).unit == unit
    assert membership_set_unit(actor, membership_id=tutor.pk, unit_id=None).unit is None
    with pytest.raises(NotAllowed):
        membership_set_unit(actor_as(tutor), membership_id=tutor.pk, unit_id=unit.pk)


# --- at once ---


def move_into_each_other() -> bool:
    """Two units move under each other at once; returns whether they hang in a circle afterwards."""
    administrator = make_member(make_university(), Role.ADMINISTRATOR)
    first, second = add(administrator, "First"), add(administrator, "Second")
    overlapping(partial(move, administrator, first, second), partial(move, administrator, second, first))
    first.refresh_from_db()
    second.refresh_from_db()
    return first.parent == second and second.parent == first


@pytest.mark.django_db(transaction=True)
def test_move_into_each_other_at_once_makes_no_circle() -> None:
    assert not move_into_each_other()


@pytest.mark.django_db(transaction=True)
def test_move_into_each_other_at_once_without_the_lock_can_make_a_circle(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the test above can fail."""
    monkeypatch.setattr(units, "_hold_tree", lambda organization_id: None)
    assert move_into_each_other()


# --- pages ---


@pytest.mark.parametrize("rows", [1, 3])
def test_page_costs_the_same_at_any_size(
    rows: int, administrator: Membership, as_member: Any, django_assert_num_queries: Any
) -> None:
    unit: Unit | None = None
    for number in range(rows):
        unit = add(administrator, f"Unit {number}", unit)
    browser = as_member(administrator)
    browser.get(LIST)
    with django_assert_num_queries(SHELL + 1):
        response = browser.get(LIST)
    assert response.content.count(b"tree__name") == rows


def test_page_is_a_nested_list_of_the_own_organization_to_every_member(
    administrator: Membership, as_member: Any
) -> None:
    school = add(administrator, "机电学院")
    add(administrator, "教研室", school)
    add(make_member(make_enterprise(), Role.ADMINISTRATOR), "CANARY")
    page = as_member(make_member(administrator.organization, Role.STUDENT)).get(LIST).content.decode()
    assert page.index("机电学院") < page.index("教研室")
    assert "CANARY" not in page
    assert "/edit/" not in page
    assert "/edit/" in as_member(administrator).get(LIST).content.decode()


def test_pages_add_rename_move_and_close(administrator: Membership, as_member: Any) -> None:
    browser, top = as_member(administrator), add(administrator, "Top")
    browser.post(reverse("organizations:unit_create"), {"parent": top.pk, "name": "New", "name_en": ""})
    unit = Unit.objects.get(name="New")
    assert unit.parent == top
    browser.post(reverse("organizations:unit_edit", args=[unit.pk]), {"name": "Newer", "name_en": "N"})
    browser.post(reverse("organizations:unit_move", args=[unit.pk]), {"parent": ""})
    unit.refresh_from_db()
    assert (unit.name, unit.parent) == ("Newer", None)
    close = reverse("organizations:unit_close", args=[unit.pk])
    assert "Close the unit “N”?" in browser.get(close).content.decode()
    browser.post(close)
    unit.refresh_from_db()
    assert unit.closed_at is not None
    assert "Newer" not in browser.get(LIST).content.decode()


def test_pages_with_bad_values_change_nothing(administrator: Membership, as_member: Any) -> None:
    browser, top = as_member(administrator), add(administrator, "Top")
    foreign = add(make_member(make_enterprise(), Role.ADMINISTRATOR), "CANARY")
    for name, body in (
        ("unit_create", {"name": "", "parent": ""}),
        ("unit_create", {"name": "Top", "parent": ""}),
        ("unit_create", {"name": "x", "parent": foreign.pk}),
    ):
        response = browser.post(reverse(f"organizations:{name}"), body)
        assert response.status_code == 422
        assert "CANARY" not in response.content.decode()
    assert browser.post(reverse("organizations:unit_move", args=[top.pk]), {"parent": top.pk}).status_code == 422
    assert browser.post(reverse("organizations:unit_edit", args=[foreign.pk]), {"name": "x"}).status_code == 404
    assert Unit.objects.count() == 2


def test_members_are_found_by_unit_with_those_below(administrator: Membership, as_member: Any) -> None:
    browser, top = as_member(administrator), add(administrator, "Top")
    below, other = add(administrator, "Below", top), add(administrator, "Other")
    first, second = (make_member(administrator.organization, Role.TUTOR) for _turn in range(2))
    browser.post(reverse("organizations:member_unit", args=[first.pk]), {"unit": below.pk})
    browser.post(reverse("organizations:member_unit", args=[second.pk]), {"unit": other.pk})
    shown = browser.get(MEMBERS, {"unit": top.pk}).context["page"].rows
    assert [row.pk for row in shown] == [first.pk]
    client = rest_client(administrator)
    assert [row["id"] for row in client.get("/api/v1/members/", {"unit": top.pk}).data["results"]] == [first.pk]
    foreign = add(make_member(make_enterprise(), Role.ADMINISTRATOR), "CANARY")
    assert client.get("/api/v1/members/", {"unit": foreign.pk}).status_code == 400


# --- API ---


@pytest.mark.parametrize("rows", [1, 3])
def test_api_lists_the_own_open_units(rows: int, administrator: Membership, django_assert_num_queries: Any) -> None:
    for number in range(rows):
        add(administrator, f"Unit {number}")
    add(make_member(make_enterprise(), Role.ADMINISTRATOR), "CANARY")
    client = rest_client(make_member(administrator.organization, Role.TUTOR), scope="read")
    with django_assert_num_queries(REST + 1):
        found = client.get("/api/v1/units/").data["results"]
    assert len(found) == rows
    one = Unit.objects.get(name="Unit 0")
    expected = {"id": one.pk, "name": "Unit 0", "name_en": "", "parent": None}
    assert client.get(f"/api/v1/units/{one.pk}/").data == expected
    foreign = Unit.objects.get(name="CANARY")
    assert client.get(f"/api/v1/units/{foreign.pk}/").status_code == 404
