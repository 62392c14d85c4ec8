from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from django.utils import timezone

from apps.core.actor import Actor
from apps.core.errors import NotAllowed
from apps.evaluations.models import EvaluationPlan, EvaluationRound, EvaluationScheme, PlacementResult
from apps.organizations.models import Organization, Role
from apps.placements.models import Placement, ProgressLog
from apps.reporting.policies import reportable_to
from apps.reporting.services import placement_figures, placement_report
from apps.vocational_groups.models import GroupMember
from tests.factories.chain import World, make_placement, make_world
from tests.factories.organizations import SYSTEM, actor_as, make_member, make_organization, make_region

pytestmark = pytest.mark.django_db
MONTH = date(2026, 3, 1)


def at(day: date, hour: int = 12) -> datetime:
    return timezone.make_aware(datetime.combine(day, datetime.min.time()) + timedelta(hours=hour))


def add_placement(world: World, starts_on: date, ends_on: date, **values: Any) -> Placement:
    return make_placement(world, starts_on=starts_on, ends_on=ends_on, started_at=at(starts_on), **values)


def add_log(placement: Placement, day: date, hours: str) -> None:
    ProgressLog.objects.create(
        placement=placement, tutor=placement.enterprise_tutor, worked_on=day, hours=Decimal(hours), tasks="-", rating=4
    )


def add_result(placement: Placement, due_on: date, score: str) -> None:
    scheme, _ = EvaluationScheme.objects.get_or_create(organization=placement.university, title="Scheme")
    plan, _ = EvaluationPlan.objects.get_or_create(
        scheme=scheme, cadence="monthly", first_due_on=date(2025, 1, 1), ends_on=date(2027, 1, 1)
    )
    round_, _ = EvaluationRound.objects.get_or_create(plan=plan, due_on=due_on, closes_on=due_on + timedelta(days=7))
    PlacementResult.objects.create(round=round_, placement=placement, score=Decimal(score), sheets=2)


def figures(actor: Actor, **filters: Any) -> dict[tuple[int, int, date], tuple[int, Decimal, Decimal | None]]:
    return {
        (row.university.pk, row.base.pk, row.month): (row.placements, row.hours, row.mean_score)
        for row in placement_report(actor, **filters)
    }


def recount() -> dict[tuple[int, int, date], tuple[int, Decimal, Decimal | None]]:
    """The same definition, row by row and day by day."""
    placements: dict[Any, set[int]] = defaultdict(set)
    hours: dict[Any, Decimal] = defaultdict(lambda: Decimal("0.00"))
    scores: dict[Any, list[Decimal]] = defaultdict(list)
    today = timezone.localdate()
    for placement in Placement.objects.all():
        where = (placement.university_id, placement.base_id)
        ended = [timezone.localdate(placement.ended_at)] if placement.ended_at else []
        last = min([placement.ends_on, today, *ended])
        day = placement.starts_on
        while placement.started_at and day <= last:
            placements[(*where, day.replace(day=1))].add(placement.pk)
            day += timedelta(days=1)
        for log in placement.logs.all():
            hours[(*where, log.worked_on.replace(day=1))] += log.hours
        for result in placement.results.all():
            scores[(*where, result.round.due_on.replace(day=1))].append(result.score)
    return {
        key: (
            len(placements[key]),
            hours[key],
            (sum(scores[key]) / len(scores[key])).quantize(Decimal("0.01"), ROUND_HALF_UP) if scores[key] else None,
        )
        for key in {*placements, *hours, *scores}
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_report_equals_a_recount_of_random_rows(seed: int) -> None:
    dice = random.Random(seed)
    for world in (make_world(places=20), make_world(places=20)):
        for _placement in range(8):
            starts_on = date(2025, 10, 1) + timedelta(days=dice.randrange(500))
            ends_on = starts_on + timedelta(days=dice.randrange(20, 200))
            placement = add_placement(world, starts_on, ends_on)
            change = dice.choice(["none", "completed", "broken_off", "never_started"])
            if change in {"completed", "broken_off"}:
                ended_at = at(starts_on + timedelta(days=dice.randrange(0, 190)), dice.choice([0, 1, 23]))
                rows = Placement.objects.filter(pk=placement.pk)
                rows.update(state=change, ended_at=ended_at, reason="" if change == "completed" else "ill")
            elif change == "never_started":
                Placement.objects.filter(pk=placement.pk).update(state="preparing", started_at=None)
            for day in dice.sample(range(120), dice.randrange(30)):
                add_log(placement, starts_on + timedelta(days=day), str(Decimal(dice.randrange(1, 96)) / 4))
            for month in dice.sample(range(1, 13), dice.randrange(4)):
                add_result(placement, date(2026, month, 5), str(Decimal(dice.randrange(10_001)) / 100))
    assert figures(SYSTEM) == recount()
    assert len(recount()) > 10


def test_report_without_placements_is_empty() -> None:
    world = make_world()
    report = placement_figures(actor_as(world.school))
    assert (report.rows, report.placements, report.hours, report.mean_score) == ([], 0, Decimal("0.00"), None)


def test_report_counts_neither_the_future_nor_what_never_started() -> None:
    world = make_world()
    today = timezone.localdate()
    add_placement(world, today - timedelta(days=1), today + timedelta(days=300))
    add_placement(world, today + timedelta(days=40), today + timedelta(days=300))
    withdrawn = add_placement(world, date(2026, 1, 5), date(2026, 2, 5))
    Placement.objects.filter(pk=withdrawn.pk).update(state="broken_off", reason="ill", started_at=None)
    assert max(key[2] for key in figures(SYSTEM)) == today.replace(day=1)
    assert placement_figures(SYSTEM).placements == 1


def test_report_ends_a_placement_on_the_day_of_the_portal_not_of_utc() -> None:
    world = make_world()
    placement = add_placement(world, date(2026, 2, 10), date(2026, 6, 30))
    ended_at = at(date(2026, 4, 1), hour=1)
    assert ended_at.astimezone(UTC).month == 3
    Placement.objects.filter(pk=placement.pk).update(state="completed", ended_at=ended_at)
    assert sorted(key[2].month for key in figures(SYSTEM)) == [2, 3, 4]


def test_mean_score_is_rounded_half_up() -> None:
    world = make_world()
    for score in ("80.00", "80.01"):
        placement = add_placement(world, date(2026, 3, 1), date(2026, 3, 31))
        add_result(placement, date(2026, 3, 20), score)
    [row] = placement_report(actor_as(world.school))
    assert row.mean_score == Decimal("80.01")


def test_filters_include_both_months_and_count_a_placement_once_in_the_total() -> None:
    world, other = make_world(), make_world()
    placement = add_placement(world, date(2026, 1, 10), date(2026, 5, 10))
    add_placement(other, date(2026, 1, 10), date(2026, 5, 10))
    add_log(placement, date(2026, 2, 28), "8")
    add_log(placement, date(2026, 4, 1), "2.5")
    add_log(placement, date(2026, 5, 1), "4")
    report = placement_figures(
        SYSTEM,
        university_id=world.university.pk,
        base_id=world.base.pk,
        month_from=date(2026, 2, 15),
        month_to=date(2026, 4, 2),
    )
    assert [(row.month.month, row.placements, row.hours) for row in report.rows] == [
        (4, 1, Decimal("2.50")),
        (3, 1, Decimal("0.00")),
        (2, 1, Decimal("8.00")),
    ]
    assert (report.placements, report.hours) == (1, Decimal("10.50"))


def test_report_costs_five_statements_at_any_size(django_assert_num_queries: Any) -> None:
    for _world in range(3):
        add_placement(make_world(), date(2026, 1, 10), date(2026, 5, 10))
        with django_assert_num_queries(5):
            placement_report(SYSTEM)


def test_report_needs_the_right_to_reports() -> None:
    world = make_world()
    for member in (world.student, world.academic_tutor, world.enterprise_tutor):
        with pytest.raises(NotAllowed):
            placement_report(actor_as(member))
        assert not reportable_to(actor_as(member)).exists()


def test_each_side_sees_its_own_figures_alone() -> None:
    mine, foreign = make_world(), make_world()
    placement = add_placement(mine, MONTH, date(2026, 6, 1))
    add_placement(foreign, MONTH, date(2026, 6, 1))
    observer = make_member(mine.enterprise, Role.OBSERVER)
    for member in (mine.school, mine.firm, observer):
        assert list(reportable_to(actor_as(member))) == [placement]


def test_group_sees_its_current_members_on_either_side() -> None:
    sender, host, left, foreign = (make_world() for _world in range(4))
    for world in (sender, host, left, foreign):
        add_placement(world, MONTH, date(2026, 6, 1))
    group = make_organization(Organization.Kind.VOCATIONAL_GROUP)
    today = timezone.localdate()
    for organization, left_on in ((sender.university, None), (host.enterprise, None), (left.enterprise, today)):
        GroupMember.objects.create(group=group, organization=organization, joined_on=MONTH, left_on=left_on)
    GroupMember.objects.create(group=group, organization=foreign.university, joined_on=today + timedelta(days=1))
    secretary = actor_as(make_member(group))
    assert {row.university_id for row in reportable_to(secretary)} == {sender.university.pk, host.university.pk}


def test_government_sees_the_bases_of_its_region() -> None:
    here, there = make_world(), make_world()
    there.base.region = make_region("320100", "南京市")
    there.base.save()
    for world in (here, there):
        add_placement(world, MONTH, date(2026, 6, 1))
    city = make_organization(Organization.Kind.GOVERNMENT, region_code="320500")
    province = make_organization(Organization.Kind.GOVERNMENT, region_code="320000")
    assert [row.base for row in reportable_to(actor_as(make_member(city)))] == [here.base]
    assert reportable_to(actor_as(make_member(province))).count() == 2


def test_other_kinds_of_organization_see_nothing() -> None:
    world = make_world()
    add_placement(world, MONTH, date(2026, 6, 1))
    for kind in (Organization.Kind.ASSOCIATION, Organization.Kind.FUNDER):
        assert not reportable_to(actor_as(make_member(make_organization(kind)))).exists()
