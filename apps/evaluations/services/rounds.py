"""Opening and closing what is due."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta

from django.db import connection
from django.utils import timezone

from apps.core.actor import Actor
from apps.core.services import move, save_valid, service
from apps.notifications.services import notify
from apps.placements.models import Placement

from ..cadence import due_after
from ..models import Criterion, Evaluation, EvaluationPlan, EvaluationRound, PlacementResult, Score
from ..policies import can_run_schedule

# Whoever replaces a tutor meanwhile waits, and then finds the new sheets.
_HOLD = "FOR SHARE OF placement"


def rounds_open_due(actor: Actor, *, today: date | None = None) -> int:
    """Open a round for every due date that has come and has none yet; returns how many were opened.

    Each plan has a transaction of its own (``plan_open_missed``); one that fails does not keep the others from opening and
    is reported at the end as an ``ExceptionGroup``. Two runs at once, or a second run, open nothing twice.
    """
    can_run_schedule(actor).require()
    day = today or timezone.localdate()
    due = EvaluationPlan.objects.visible_to(actor).filter(next_due_on__lte=day).order_by("next_due_on", "pk")
    return _sum_of_each(due.values_list("pk", flat=True), lambda pk: plan_open_missed(actor, plan_id=pk, today=day))


@service
def plan_open_missed(actor: Actor, *, plan_id: int, today: date) -> int:
    """Open one round for each due date of the plan up to ``today`` and move the plan on; returns how many.

    For each, in order: the round, its sheets, the notice to their evaluators. A round that is found late is open as long as
    one found in time: it closes ``days_open`` days after the later of its due date and ``today``. Its sheets are for the
    placements that are active now and whose period covers the due date. 0 when another worker has the plan in hand.
    """
    can_run_schedule(actor).require()
    plan = _take_due_plan(plan_id, today)
    if plan is None:
        return 0
    opened = 0
    while plan.next_due_on is not None and plan.next_due_on <= today:
        opened += _open_round(plan, plan.next_due_on, today)
        following = due_after(plan.first_due_on, plan.cadence, plan.next_due_on)
        plan.next_due_on = following if following <= plan.ends_on else None
    plan.save(update_fields=["next_due_on"])
    return opened


def _take_due_plan(plan_id: int, today: date) -> EvaluationPlan | None:
    """The plan, locked, if it is still due and nobody else holds it."""
    rows = EvaluationPlan.objects.select_for_update(skip_locked=True, of=("self",)).select_related("scheme")
    return rows.filter(pk=plan_id, next_due_on__lte=today).first()


def _open_round(plan: EvaluationPlan, due_on: date, today: date) -> bool:
    closes_on = max(due_on, today) + timedelta(days=plan.days_open)
    current, created = EvaluationRound.objects.get_or_create(
        plan=plan, due_on=due_on, defaults={"closes_on": closes_on}
    )
    if created:
        _create_sheets(plan, current)
        notify("round_opened", key=str(current.pk), round=current.pk)
    return created


def _create_sheets(plan: EvaluationPlan, current: EvaluationRound) -> None:
    """One sheet for each active placement of the plan and each of its two tutors, in one statement.

    The placements are held meanwhile, so that a tutor who is being replaced gets no sheet after their sheets have moved: the
    tutor is read from the held row itself, which is the newest.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            # Only names of tables are put in; values are parameters.
            f"""INSERT INTO {Evaluation._meta.db_table} (round_id, placement_id, side, evaluator_id, comment)
                SELECT %(round)s, placement.id, sheet.side,
                       CASE sheet.side WHEN %(academic)s THEN placement.academic_tutor_id
                                       ELSE placement.enterprise_tutor_id END,
                       ''
                FROM {Placement._meta.db_table} AS placement
                CROSS JOIN (VALUES (%(academic)s), (%(enterprise)s)) AS sheet (side)
                WHERE placement.university_id = %(university)s
                  AND placement.state = %(active)s
                  AND %(due_on)s BETWEEN placement.starts_on AND placement.ends_on
                  AND (%(base)s::bigint IS NULL OR placement.base_id = %(base)s)
                ORDER BY placement.id
                {_HOLD}
                ON CONFLICT (round_id, placement_id, side) DO NOTHING""",  # noqa: S608  # see above
            {
                "round": current.pk,
                "academic": Evaluation.Side.ACADEMIC,
                "enterprise": Evaluation.Side.ENTERPRISE,
                "university": plan.scheme.organization_id,
                "active": Placement.State.ACTIVE,
                "due_on": current.due_on,
                "base": plan.base_id,
            },
        )


def rounds_close_due(actor: Actor, *, today: date | None = None) -> int:
    """Close every open round whose last day has passed or whose sheets are all in; returns how many were closed.

    Each in a transaction of its own (``round_close``), as in ``rounds_open_due``. A second run closes nothing.
    """
    can_run_schedule(actor).require()
    day = today or timezone.localdate()
    due = EvaluationRound.objects.visible_to(actor).due_to_close(day)
    ids = due.order_by("closes_on", "pk").values_list("pk", flat=True)
    return _sum_of_each(ids, lambda pk: round_close(actor, round_id=pk, today=day))


@service
def round_close(actor: Actor, *, round_id: int, today: date) -> int:
    """Write the results of the round, close it, tell the university's managers and the students; 1, or 0 if not due.

    The result of a placement with at least one submitted sheet is **Σ weight × mean ÷ 100**: for each criterion, its weight
    in per cent times the mean of its points over the submitted sheets; two decimals, half up. A round that a tutor is
    submitting to at this moment is left to the next tick.
    """
    can_run_schedule(actor).require()
    rows = EvaluationRound.objects.select_for_update(skip_locked=True, of=("self",))
    current = rows.due_to_close(today).filter(pk=round_id).first()
    if current is None:
        return 0
    _write_results(current)
    move(current.close)
    save_valid(current)
    notify("round_closed", key=str(current.pk), round=current.pk)
    notify("result_published", key=str(current.pk), round=current.pk)
    return 1


def _write_results(current: EvaluationRound) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            # Only names of tables are put in; values are parameters. round() of numeric is half away from zero.
            f"""INSERT INTO {PlacementResult._meta.db_table} (round_id, placement_id, score, sheets)
                SELECT %(round)s, mean.placement_id, round(sum(criterion.weight * mean.points) / 100, 2), max(mean.sheets)
                FROM (
                    SELECT sheet.placement_id, score.criterion_id, avg(score.points) AS points, count(*) AS sheets
                    FROM {Evaluation._meta.db_table} AS sheet
                    JOIN {Score._meta.db_table} AS score ON score.evaluation_id = sheet.id
                    WHERE sheet.round_id = %(round)s AND sheet.submitted_at IS NOT NULL
                    GROUP BY sheet.placement_id, score.criterion_id
                ) AS mean
                JOIN {Criterion._meta.db_table} AS criterion ON criterion.id = mean.criterion_id
                GROUP BY mean.placement_id
                ORDER BY mean.placement_id
                ON CONFLICT (round_id, placement_id) DO NOTHING""",  # noqa: S608  # see above
            {"round": current.pk},
        )


def _sum_of_each(ids: Iterable[int], act: Callable[[int], int]) -> int:
    """Act on each; what one raises does not keep the others waiting."""
    total, errors = 0, []
    for pk in ids:
        try:
            total += act(pk)
        except Exception as error:
            errors.append(error)
    if errors:
        raise ExceptionGroup("Some could not be worked on", errors)
    return total
