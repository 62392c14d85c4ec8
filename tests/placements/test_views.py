from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.agreements.models import Agreement
from apps.applications.models import Application
from apps.organizations.models import Role
from apps.placements.models import Journal, Placement, ProgressLog, monday_of
from tests.factories.chain import World, make_application, make_placement, make_world
from tests.factories.organizations import confirm, give_authenticator, make_enterprise, make_member, sign_in
from tests.support.queries import SHELL

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def detail(placement: Placement) -> str:
    return reverse("placements:placement_detail", args=[placement.pk])


def prepared(world: World, **values: Any) -> Placement:
    values = {"state": Placement.State.PREPARING, "started_at": None} | values
    return make_placement(world, world.student, **values)


@pytest.mark.parametrize("rows", [1, 3])
def test_list_costs_the_same_at_any_length(
    rows: int, world: World, as_member: Any, django_assert_num_queries: Any
) -> None:
    for _row in range(rows):
        make_placement(world)
    browser = as_member(world.school)
    with django_assert_num_queries(SHELL + 6):
        response = browser.get(reverse("placements:placement_list"))
    assert response.content.count(b"row-link") == rows


def test_list_flags_the_missing_tutor_and_finds_it_by_chip(world: World, as_member: Any) -> None:
    waiting = prepared(world, enterprise_tutor=None)
    make_placement(world)
    page = as_member(world.firm).get(reverse("placements:placement_list"))
    assert page.content.decode().count("no enterprise tutor") == 1
    chip = next(chip for chip in page.context["chips"] if "tutor=none" in chip["url"])
    found = as_member(world.firm).get(chip["url"])
    assert [row["placement"].pk for row in found.context["rows"]] == [waiting.pk]


@pytest.mark.parametrize("who", ["student", "academic_tutor", "enterprise_tutor", "school", "firm"])
def test_pages_open_for_everybody_concerned_and_teach_when_empty(who: str, world: World, as_member: Any) -> None:
    browser = as_member(getattr(world, who))
    urls = [reverse(f"placements:{name}") for name in ("placement_list", "log_list", "journal_list")]
    for url in urls:
        assert 'class="empty"' in browser.get(url).content.decode()
    placement = make_placement(world, world.student)
    for url in (urls[0], detail(placement)):
        assert world.student.user.name in browser.get(url).content.decode()
    page = browser.get(detail(placement)).content.decode()
    for tutor in (world.academic_tutor, world.enterprise_tutor):
        assert f"mailto:{tutor.user.email}" in page


@pytest.mark.parametrize("rows", [1, 3])
def test_detail_costs_the_same_with_any_history(
    rows: int, world: World, as_member: Any, django_assert_num_queries: Any
) -> None:
    placement = make_placement(world, world.student)
    today = timezone.localdate()
    for back in range(rows):
        ProgressLog.objects.create(
            placement=placement,
            tutor=world.enterprise_tutor,
            worked_on=today - timedelta(days=back),
            hours=8,
            tasks="Aligned the conveyor",
            rating=4,
        )
        Journal.objects.create(
            placement=placement, week_of=monday_of(today) - timedelta(weeks=back), work_done="a", learnt="b"
        )
    browser = as_member(world.student)
    with django_assert_num_queries(SHELL + 7):
        page = browser.get(detail(placement)).content.decode()
    assert f"{8 * rows} hours" in page


def test_detail_for_strangers_is_not_found(world: World, as_member: Any) -> None:
    placement = make_placement(world)
    for stranger in (
        make_member(make_enterprise()),
        make_member(world.university, Role.TUTOR),
        make_member(world.university, Role.OBSERVER),
        world.student,
    ):
        assert as_member(stranger).get(detail(placement)).status_code == 404


def sign_tri_party(world: World, school: Any, placement: Placement) -> None:
    """The university makes the agreement; the three parties sign it on their pages."""
    make = reverse("placements:placement_agreement", args=[placement.pk])
    school.post(make, {"not_before": timezone.localdate().isoformat()})
    agreement = Agreement.objects.get(placement=placement)
    school.post(reverse("agreements:agreement_submit", args=[agreement.pk]))
    sign = reverse("agreements:agreement_sign", args=[agreement.pk])
    for member in (world.student, world.firm, world.school):
        browser = Client()
        sign_in(browser, member)
        give_authenticator(member.user)
        confirm(browser, member.user)
        assert sign in browser.get(detail(placement)).content.decode()
        form = browser.get(sign).context["form"]
        browser.post(sign, {"content_hash": form["content_hash"].value(), "agree": "on"})
    agreement.refresh_from_db()
    assert agreement.state == Agreement.State.IN_FORCE


def test_whole_life_in_the_browser(world: World, as_member: Any) -> None:
    school, firm = as_member(world.school), as_member(world.firm)
    application = make_application(world, world.student, state=Application.State.ACCEPTED)
    arrange = reverse("placements:placement_arrange", args=[application.pk])
    form = school.get(arrange).context["form"]
    data = {name: form[name].value() for name in ("starts_on", "ends_on")}
    assert school.post(arrange, data | {"academic_tutor": world.academic_tutor.pk}).status_code == 302
    placement = Placement.objects.get()
    assert school.get(arrange).url == detail(placement)
    assert "The host has not named the enterprise tutor yet." in school.get(detail(placement)).content.decode()
    tutor = reverse("placements:placement_tutor", args=[placement.pk])
    assert school.get(tutor).status_code == 403
    assert firm.get(tutor).status_code == 200
    assert firm.post(tutor, {"tutor": world.enterprise_tutor.pk}).url == detail(placement)
    assert "no tri-party agreement yet" in school.get(detail(placement)).content.decode()
    sign_tri_party(world, school, placement)
    school.post(reverse("placements:placement_start", args=[placement.pk]))
    assert firm.get(detail(placement)).context["placement"].state == Placement.State.ACTIVE
    school.post(reverse("placements:placement_complete", args=[placement.pk]))
    page = firm.get(detail(placement))
    assert page.context["placement"].state == Placement.State.COMPLETED
    assert page.context["complete"] is None


def test_arrange_offers_the_universitys_current_tutors_alone(world: World, as_member: Any) -> None:
    application = make_application(world, state=Application.State.ACCEPTED)
    make_world()
    form = as_member(world.school).get(reverse("placements:placement_arrange", args=[application.pk])).context["form"]
    assert list(form.fields["academic_tutor"].queryset) == [world.academic_tutor]


@pytest.mark.parametrize(
    ("field", "value"),
    [("academic_tutor", ""), ("academic_tutor", "0"), ("starts_on", "soon"), ("ends_on", "2001-01-01")],
)
def test_arrange_with_bad_value_says_so_and_changes_nothing(
    field: str, value: str, world: World, as_member: Any
) -> None:
    application = make_application(world, state=Application.State.ACCEPTED)
    data = {
        "academic_tutor": world.academic_tutor.pk,
        "starts_on": world.intake.starts_on,
        "ends_on": world.intake.ends_on,
    } | {field: value}
    response = as_member(world.school).post(reverse("placements:placement_arrange", args=[application.pk]), data)
    assert response.status_code == 422
    assert response.context["form"].errors
    assert not Placement.objects.exists()


def test_arrange_by_the_host_is_forbidden(world: World, as_member: Any) -> None:
    application = make_application(world, state=Application.State.ACCEPTED)
    assert as_member(world.firm).get(reverse("placements:placement_arrange", args=[application.pk])).status_code == 403


def test_name_tutor_without_a_choice_says_so(world: World, as_member: Any) -> None:
    placement = prepared(world, enterprise_tutor=None)
    url = reverse("placements:placement_tutor", args=[placement.pk])
    assert as_member(world.firm).post(url, {"tutor": world.academic_tutor.pk}).status_code == 422
    placement.refresh_from_db()
    assert placement.enterprise_tutor is None


def test_start_without_tutor_answers_conflict_with_the_reason(world: World, as_member: Any) -> None:
    placement = prepared(world, enterprise_tutor=None)
    response = as_member(world.school).post(reverse("placements:placement_start", args=[placement.pk]))
    assert response.status_code == 409
    assert "The host has not named the enterprise tutor yet." in response.content.decode()


def test_break_off_needs_a_reason_and_shows_it_to_the_student(world: World, as_member: Any) -> None:
    placement = make_placement(world, world.student)
    url = reverse("placements:placement_break_off", args=[placement.pk])
    assert as_member(world.firm).post(url, {"reason": " "}).status_code == 422
    assert as_member(world.firm).post(url, {"reason": "The line is closed."}).status_code == 302
    assert "The line is closed." in as_member(world.student).get(detail(placement)).content.decode()


@pytest.mark.parametrize("who", ["student", "academic_tutor", "enterprise_tutor"])
def test_acts_of_coordinators_are_forbidden_to_others(who: str, world: World, as_member: Any) -> None:
    placement = make_placement(world, world.student)
    browser = as_member(getattr(world, who))
    assert browser.get(reverse("placements:placement_break_off", args=[placement.pk])).status_code == 403
    for name in ("placement_start", "placement_complete"):
        assert browser.post(reverse(f"placements:{name}", args=[placement.pk])).status_code == 403
        assert browser.get(reverse(f"placements:{name}", args=[placement.pk])).status_code == 405
    placement.refresh_from_db()
    assert placement.state == Placement.State.ACTIVE
