from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.bases.models import Base, Intake, Position
from apps.organizations.models import Role
from tests.factories.chain import World, make_application, make_base, make_intake, make_position, make_world
from tests.factories.organizations import make_enterprise, make_member
from tests.support.queries import SHELL

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def base_data(world: World, **values: Any) -> dict[str, Any]:
    return {
        "agreement": world.agreement.pk,
        "kind": "off_campus",
        "name": "港口基地",
        "region": world.enterprise.region_id,
        "address": "1 Harbour Road",
    } | values


def call_data(**values: Any) -> dict[str, Any]:
    today = timezone.localdate()
    return {
        "title": "Autumn intake",
        "selection": "reviewed",
        "closes_on": today + timedelta(days=10),
        "starts_on": today + timedelta(days=20),
        "ends_on": today + timedelta(days=120),
    } | values


def intake_page(intake: Intake) -> str:
    return reverse("bases:intake_detail", args=[intake.pk])


@pytest.mark.parametrize("rows", [1, 3])
def test_base_list_costs_the_same_at_any_length(
    rows: int, world: World, as_member: Any, django_assert_num_queries: Any
) -> None:
    for _row in range(rows - 1):
        make_base(world.agreement, world.enterprise)
    browser = as_member(world.school)
    with django_assert_num_queries(SHELL + 1):
        response = browser.get(reverse("bases:base_list"))
    assert response.content.count(b"row-link") == rows


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("who", ["student", "firm"])
def test_intake_list_costs_the_same_at_any_length(
    rows: int, who: str, world: World, as_member: Any, django_assert_num_queries: Any
) -> None:
    for _row in range(rows - 1):
        make_position(make_intake(world.base))
    browser = as_member(getattr(world, who))
    with django_assert_num_queries(SHELL + 2):
        response = browser.get(reverse("bases:intake_list"))
    assert response.content.count(b"row-link") == rows


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(("who", "queries"), [("student", 3), ("firm", 6), ("school", 5)])
def test_intake_detail_costs_the_same_with_any_number_of_positions_and_applications(
    rows: int, who: str, queries: int, world: World, as_member: Any, django_assert_num_queries: Any
) -> None:
    for _row in range(rows):
        make_application(world)
        make_position(world.intake)
    browser = as_member(getattr(world, who))
    with django_assert_num_queries(SHELL + queries):
        browser.get(intake_page(world.intake))


def test_list_shows_students_what_they_can_apply_for_and_the_closed_on_demand(world: World, as_member: Any) -> None:
    closed = make_intake(world.base, state="closed")
    make_intake(world.base, closes_on=timezone.localdate() - timedelta(days=1))
    make_intake(world.base, state="draft", opened_at=None)
    browser = as_member(world.student)
    for query, shown in (({}, [world.intake]), ({"state": "closed"}, [closed])):
        assert browser.get(reverse("bases:intake_list"), query).context["page"].rows == shown


def test_lists_search_and_survive_nonsense(world: World, as_member: Any) -> None:
    make_base(world.agreement, world.enterprise, name="另一处", name_en="Elsewhere")
    browser = as_member(world.firm)
    assert [str(row) for row in browser.get(reverse("bases:base_list"), {"q": "Else"}).context["page"].rows] == [
        "Elsewhere"
    ]
    assert not browser.get(reverse("bases:intake_list"), {"q": "Elsewhere"}).context["page"].rows
    for name in ("bases:base_list", "bases:intake_list"):
        assert browser.get(reverse(name), {"kind": "x", "state": "x", "base": "x", "before": "x"}).status_code == 200


def test_whole_way_from_base_to_open_intake_in_the_browser(world: World, as_member: Any) -> None:
    browser = as_member(world.firm)
    page = browser.post(reverse("bases:base_create"), base_data(world), follow=True)
    base = Base.objects.get(name="港口基地")
    assert page.redirect_chain[-1][0] == reverse("bases:base_detail", args=[base.pk])
    text = {"name": "新港口", "name_en": "New port", "address": "2 Harbour Road", "description": "Cranes"}
    browser.post(reverse("bases:base_edit", args=[base.pk]), text)
    browser.post(reverse("bases:intake_create", args=[base.pk]), call_data())
    intake = base.intakes.get()
    browser.post(reverse("bases:intake_edit", args=[intake.pk]), call_data(title="Winter intake"))
    assert "Add a position first" in browser.get(intake_page(intake)).content.decode()
    for title in ("Welder", "Fitter"):
        browser.post(reverse("bases:position_add", args=[intake.pk]), {"title": title, "tasks": "Work", "places": 3})
    browser.post(reverse("bases:position_remove", args=[Position.objects.get(title="Fitter").pk]))
    browser.post(reverse("bases:intake_open", args=[intake.pk]))
    shown = as_member(world.student).get(intake_page(intake)).content.decode()
    for text_shown in ("Winter intake", "New port", "Welder", "3 of 3 places free"):
        assert text_shown in shown
    assert "Fitter" not in shown
    browser.post(reverse("bases:intake_close", args=[intake.pk]))
    intake.refresh_from_db()
    assert intake.state == Intake.State.CLOSED


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("agreement", 999_999), ("kind", "x"), ("region", "x"), ("address", "x" * 201), ("name", "Base")],
)
def test_base_create_with_bad_value_says_so_and_changes_nothing(
    field: str, value: Any, world: World, as_member: Any
) -> None:
    Base.objects.update(name="Base")
    response = as_member(world.firm).post(reverse("bases:base_create"), base_data(world, **{field: value}))
    assert response.status_code == 422
    assert response.context["form"].errors
    assert Base.objects.count() == 1


def test_base_create_offers_no_agreement_that_is_not_in_force(world: World, as_member: Any) -> None:
    stranger = make_member(make_enterprise())
    page = as_member(stranger).get(reverse("bases:base_create"))
    assert not page.context["form"].fields["agreement"].queryset.exists()
    response = as_member(stranger).post(reverse("bases:base_create"), base_data(world))
    assert set(response.context["form"].errors) == {"agreement"}


@pytest.mark.parametrize(
    ("field", "value"),
    [("title", ""), ("selection", "x"), ("closes_on", "soon"), ("ends_on", "2001-01-01"), ("closes_on", "2101-01-01")],
)
def test_intake_with_bad_value_says_so_and_changes_nothing(
    field: str, value: Any, world: World, as_member: Any
) -> None:
    url = reverse("bases:intake_create", args=[world.base.pk])
    response = as_member(world.firm).post(url, call_data(**{field: value}))
    assert response.status_code == 422
    assert response.context["form"].errors
    assert Intake.objects.count() == 1


@pytest.mark.parametrize(("field", "value"), [("title", ""), ("places", 0), ("places", "many"), ("places", 10**20)])
def test_position_with_bad_value_says_so_and_changes_nothing(
    field: str, value: Any, world: World, as_member: Any
) -> None:
    draft = make_intake(world.base, state="draft", opened_at=None)
    data = {"title": "Welder", "tasks": "", "places": 2} | {field: value}
    response = as_member(world.firm).post(reverse("bases:position_add", args=[draft.pk]), data)
    assert response.status_code == 422
    assert set(response.context["form"].errors) == {field}
    assert not draft.positions.exists()


def test_pages_of_the_host_are_closed_to_partners_and_strangers(world: World, as_member: Any) -> None:
    draft = make_intake(world.base, state="draft", opened_at=None)
    base, intake = [world.base.pk], [world.intake.pk]
    for name, args in (("base_edit", base), ("intake_create", base), ("intake_edit", intake), ("position_add", intake)):
        url = reverse(f"bases:{name}", args=args)
        assert as_member(world.school).get(url).status_code == 403
        assert as_member(make_member(make_enterprise())).get(url).status_code == 404
    assert as_member(world.school).get(intake_page(draft)).status_code == 404
    assert as_member(world.school).post(reverse("bases:intake_close", args=intake)).status_code == 403


def test_open_by_get_is_refused(world: World, as_member: Any) -> None:
    assert as_member(world.firm).get(reverse("bases:intake_open", args=[world.intake.pk])).status_code == 405


def test_detail_tells_who_at_the_host_may_not_open_why(world: World, as_member: Any) -> None:
    draft = make_intake(world.base, state="draft", opened_at=None)
    page = as_member(make_member(world.enterprise, Role.OBSERVER)).get(intake_page(draft))
    assert "Only coordinators and administrators of the host" in page.content.decode()
