from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from django.utils.safestring import mark_safe

from apps.applications.events import application_shown
from apps.applications.models import Application
from apps.organizations.models import Role
from tests.factories.chain import World, make_application, make_position, make_student, make_world
from tests.factories.organizations import make_enterprise, make_member, make_university
from tests.support.queries import SHELL

pytestmark = pytest.mark.django_db
WHY = "I want to learn how the line works."


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def rush() -> World:
    return make_world(places=1, selection="first_come")


def page(name: str, row: Any) -> str:
    return reverse(f"applications:application_{name}", args=[row.pk])


def intake_page(world: World) -> str:
    return reverse("bases:intake_detail", args=[world.intake.pk])


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("who", ["firm", "school"])
def test_list_costs_the_same_at_any_length(
    rows: int, who: str, world: World, as_member: Any, django_assert_num_queries: Any
) -> None:
    for _row in range(rows):
        make_application(world)
    browser = as_member(getattr(world, who))
    with django_assert_num_queries(SHELL + 1):
        response = browser.get(reverse("applications:application_list"))
    assert response.content.count(b"row-link") == rows


def test_list_of_a_student_says_what_happens_next(world: World, as_member: Any) -> None:
    make_application(world)
    make_application(world, world.student)
    response = as_member(world.student).get(reverse("applications:application_list"))
    assert response.content.count(b"row-link") == 1
    assert "The base decides." in response.content.decode()


def test_list_searches_and_filters(world: World, as_member: Any) -> None:
    wanted = make_application(world, state="rejected", reason="no")
    make_application(world)
    browser, url = as_member(world.firm), reverse("applications:application_list")
    for query in ({"q": wanted.student.user.name}, {"state": "rejected"}):
        assert browser.get(url, query).context["page"].rows == [wanted]
    for query, rows in (({"intake": world.intake.pk}, 2), ({"position": 0}, 0), ({"state": "x", "intake": "x"}, 2)):
        assert len(browser.get(url, query).context["page"].rows) == rows


def test_list_is_refused_to_who_has_nothing_to_do_with_applications(world: World, as_member: Any) -> None:
    for member in (world.enterprise_tutor, make_member(world.university, Role.OBSERVER)):
        assert as_member(member).get(reverse("applications:application_list")).status_code == 403


def test_apply_in_the_browser_sends_the_application(world: World, as_member: Any) -> None:
    browser, url = as_member(world.student), page("create", world.position)
    assert "data-autosave" in browser.get(url).content.decode()
    response = browser.post(url, {"statement": WHY})
    application = Application.objects.get()
    assert response.url == page("detail", application)
    shown = browser.get(response.url).content.decode()
    assert "The base decides." in shown
    assert WHY in shown


def test_apply_costs_two_statements_beside_the_actor(
    rush: World, as_member: Any, django_assert_num_queries: Any
) -> None:
    browser, url = as_member(rush.student), page("create", rush.position)
    as_member(make_student(rush.university)).get(url)
    with django_assert_num_queries(3 + 4):  # session, person, membership; the claim and the notice in a savepoint
        assert browser.post(url, {"statement": WHY}).status_code == 302


def test_apply_when_full_says_so_and_second_click_of_the_accepted_says_accepted(rush: World, as_member: Any) -> None:
    url = page("create", rush.position)
    other = as_member(make_student(rush.university))
    browser = as_member(rush.student)
    for _click in range(2):
        accepted = browser.post(url, {"statement": WHY}, follow=True)
        assert "You have the place." in accepted.content.decode()
    late = other.post(url, {"statement": WHY})
    assert late.status_code == 409
    assert "All places of this position are taken." in late.content.decode()
    assert Application.objects.count() == 1


@pytest.mark.parametrize("statement", ["", "  ", "x" * 2001, "a\x00b"])
def test_apply_with_bad_statement_says_so_and_changes_nothing(statement: str, rush: World, as_member: Any) -> None:
    response = as_member(rush.student).post(page("create", rush.position), {"statement": statement})
    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"statement"}
    assert not Application.objects.exists()


def test_apply_page_is_for_students_of_the_partners(world: World, as_member: Any) -> None:
    url = page("create", world.position)
    for method in ("get", "post"):
        assert getattr(as_member(world.firm), method)(url, {"statement": WHY}).status_code == 403
        stranger = as_member(make_student(make_university()))
        assert getattr(stranger, method)(url, {"statement": WHY}).status_code == 404


def test_intake_shows_the_student_a_way_to_each_position(world: World, as_member: Any) -> None:
    other = make_position(world.intake)
    shown = as_member(world.student).get(intake_page(world)).content.decode()
    for position in (world.position, other):
        assert f'href="{page("create", position)}"' in shown


def test_intake_shows_the_student_why_not(rush: World, as_member: Any) -> None:
    make_application(rush, state="accepted")
    student = as_member(rush.student)
    assert "All places of this position are taken." in student.get(intake_page(rush)).content.decode()
    other = make_position(rush.intake)
    application = make_application(rush, rush.student, position=other)
    shown = student.get(intake_page(rush)).content.decode()
    assert page("detail", application) in shown
    assert "You have applied for" in shown
    rush.intake.__class__.objects.update(state="closed")
    assert (
        "takes no more applications" in as_member(make_student(rush.university)).get(intake_page(rush)).content.decode()
    )


def test_intake_shows_the_host_what_to_decide_and_the_university_its_own(world: World, as_member: Any) -> None:
    application = make_application(world)
    for member, decides in ((world.firm, True), (world.school, False)):
        shown = as_member(member).get(intake_page(world)).content.decode()
        assert page("detail", application) in shown
        assert (page("accept", application) in shown) is decides
    assert page("detail", application) not in as_member(world.enterprise_tutor).get(intake_page(world)).content.decode()


def test_accept_and_withdraw_in_the_browser(world: World, as_member: Any) -> None:
    application = make_application(world, world.student)
    accepted = as_member(world.firm).post(page("accept", application), follow=True)
    assert "The university arranges the placement." in accepted.content.decode()
    student = as_member(world.student)
    assert page("withdraw", application) in student.get(page("detail", application)).content.decode()
    student.post(page("withdraw", application))
    world.position.refresh_from_db()
    assert world.position.taken == 0


def test_reject_without_reason_says_so_and_with_one_shows_it(world: World, as_member: Any) -> None:
    application = make_application(world, world.student)
    host = as_member(world.firm)
    assert host.get(page("reject", application)).status_code == 200
    for reason in ("", "  ", "x" * 501):
        response = host.post(page("reject", application), {"reason": reason})
        assert response.status_code == 422
        assert set(response.context["form"].errors) == {"reason"}
    assert Application.objects.get().state == "submitted"
    host.post(page("reject", application), {"reason": "Too far away"})
    assert "Too far away" in as_member(world.student).get(page("detail", application)).content.decode()


def test_decisions_are_closed_to_others(world: World, as_member: Any) -> None:
    application = make_application(world)
    stranger = as_member(make_member(make_enterprise()))
    for act in ("accept", "reject", "withdraw"):
        assert as_member(world.school).post(page(act, application), {"reason": "x"}).status_code == 403
        assert stranger.post(page(act, application), {"reason": "x"}).status_code == 404
    assert stranger.get(page("detail", application)).status_code == 404


def test_detail_shows_what_the_apps_above_add(world: World, as_member: Any) -> None:
    application = make_application(world)

    def add(**kwargs: Any) -> str:
        return mark_safe("<b>added</b>")  # written here

    application_shown.connect(add)
    shown = as_member(world.school).get(page("detail", application)).content
    application_shown.disconnect(add)
    assert b"<b>added</b>" in shown
