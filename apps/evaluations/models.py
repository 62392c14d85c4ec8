"""Schemes, plans, rounds, evaluations and results."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pghistory
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, FSMModelMixin, transition

from apps.bases.models import Base
from apps.core.actor import Actor
from apps.organizations.models import Membership, Organization, Role
from apps.placements.models import Placement, placement_relation
from apps.placements.models import Side as PlacementSide


class EvaluationSchemeQuerySet(models.QuerySet["EvaluationScheme"]):
    def visible_to(self, actor: Actor) -> EvaluationSchemeQuerySet:
        """The university's own, to who manages evaluations there."""
        if actor.is_system:
            return self
        if not actor.may("manage_evaluations"):
            return self.none()
        return self.filter(organization_id=actor.organization_id)

    def with_totals(self) -> EvaluationSchemeQuerySet:
        """Adds ``criteria_count`` and ``weight_total``."""
        return self.annotate(
            criteria_count=models.Count("criteria"), weight_total=models.Sum("criteria__weight", default=Decimal(0))
        )


@pghistory.track()
class EvaluationScheme(FSMModelMixin, models.Model):
    """A rubric of weighted criteria. Published, it no longer changes."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="schemes", verbose_name=_("organization")
    )
    title = models.CharField(_("title"), max_length=100)
    state = FSMField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT, protected=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = EvaluationSchemeQuerySet.as_manager()

    class Meta:
        verbose_name = _("evaluation scheme")
        verbose_name_plural = _("evaluation schemes")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "title"],
                name="evaluation_scheme_title_unique",
                violation_error_message=_("You have a scheme of this title already."),
            )
        ]

    def __str__(self) -> str:
        return self.title

    @transition(state, source=State.DRAFT, target=State.PUBLISHED)
    def publish(self) -> None:
        self.published_at = timezone.now()


class Criterion(models.Model):
    """What is scored from 0 to 100, with its weight in per cent and the standard that it comes from."""

    scheme = models.ForeignKey(
        EvaluationScheme, on_delete=models.PROTECT, related_name="criteria", verbose_name=_("scheme")
    )
    title = models.CharField(_("title"), max_length=100)
    standard = models.CharField(
        _("standard"),
        max_length=150,
        help_text=_("Where it comes from: the enterprise's requirement or the vocational qualification standard."),
    )
    weight = models.DecimalField(
        _("weight in %"),
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
    )

    class Meta:
        verbose_name = _("criterion")
        verbose_name_plural = _("criteria")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "title"],
                name="criterion_title_unique",
                violation_error_message=_("The scheme has a criterion of this title already."),
            ),
            models.CheckConstraint(condition=Q(weight__gt=0, weight__lte=100), name="criterion_weight_is_a_share"),
        ]

    def __str__(self) -> str:
        return self.title


class EvaluationPlanQuerySet(models.QuerySet["EvaluationPlan"]):
    def visible_to(self, actor: Actor) -> EvaluationPlanQuerySet:
        """As its scheme."""
        if actor.is_system:
            return self
        if not actor.may("manage_evaluations"):
            return self.none()
        return self.filter(scheme__organization_id=actor.organization_id)


@pghistory.track()
class EvaluationPlan(models.Model):
    """How often the active placements of a university (at one base, or all) are evaluated by a scheme."""

    class Cadence(models.TextChoices):
        WEEKLY = "weekly", _("every week")
        FORTNIGHTLY = "fortnightly", _("every two weeks")
        MONTHLY = "monthly", _("every month")

    scheme = models.ForeignKey(
        EvaluationScheme, on_delete=models.PROTECT, related_name="plans", verbose_name=_("scheme")
    )
    base = models.ForeignKey(
        Base,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="evaluation_plans",
        verbose_name=_("base"),
        help_text=_("Leave empty to evaluate the placements at all bases."),
    )
    cadence = models.CharField(_("how often"), max_length=12, choices=Cadence.choices)
    first_due_on = models.DateField(_("first round"))
    ends_on = models.DateField(_("last day of the plan"))
    days_open = models.PositiveSmallIntegerField(
        _("days to score"), default=7, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )
    next_due_on = models.DateField(_("next round"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = EvaluationPlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("evaluation plan")
        verbose_name_plural = _("evaluation plans")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("first_due_on")),
                name="evaluation_plan_ends_after_first",
                violation_error_message=_("The plan must not end before its first round."),
            )
        ]
        indexes = [
            models.Index(fields=["next_due_on"], condition=Q(next_due_on__isnull=False), name="evaluation_plan_due")
        ]

    def __str__(self) -> str:
        return f"{self.scheme} · {self.get_cadence_display()}"


class EvaluationRoundQuerySet(models.QuerySet["EvaluationRound"]):
    def visible_to(self, actor: Actor) -> EvaluationRoundQuerySet:
        """As its plan."""
        if actor.is_system:
            return self
        if not actor.may("manage_evaluations"):
            return self.none()
        return self.filter(plan__scheme__organization_id=actor.organization_id)

    def with_progress(self) -> EvaluationRoundQuerySet:
        """Adds ``sheets`` and ``submitted``: how many there are, and how many of them are handed in."""
        return self.annotate(sheets=_sheets(), submitted=_sheets(submitted_at__isnull=False))

    def due_to_close(self, day: date) -> EvaluationRoundQuerySet:
        """Open, and past the last day to score, or with every sheet handed in: nobody waits for a date for nothing."""
        sheets = Evaluation.objects.filter(round=OuterRef("pk"))
        all_in = Exists(sheets) & ~Exists(sheets.filter(submitted_at=None))
        return self.filter(Q(closes_on__lt=day) | Q(all_in), state=EvaluationRound.State.OPEN)


@pghistory.track()
class EvaluationRound(FSMModelMixin, models.Model):
    """One occasion of a plan. Unique by plan and due date: it opens once, however often it is found due."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        CLOSED = "closed", _("closed")

    plan = models.ForeignKey(EvaluationPlan, on_delete=models.PROTECT, related_name="rounds", verbose_name=_("plan"))
    due_on = models.DateField(_("due"))
    closes_on = models.DateField(_("last day to score"))
    state = FSMField(_("state"), max_length=10, choices=State.choices, default=State.OPEN, protected=True)
    opened_at = models.DateTimeField(_("opened"), default=timezone.now)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    objects = EvaluationRoundQuerySet.as_manager()

    class Meta:
        verbose_name = _("evaluation round")
        verbose_name_plural = _("evaluation rounds")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "due_on"], name="evaluation_round_once_a_due_date"),
            models.CheckConstraint(
                condition=Q(state="open") | Q(closed_at__isnull=False),
                name="evaluation_round_closed_has_time",
            ),
        ]
        indexes = [models.Index(fields=["closes_on"], condition=Q(state="open"), name="evaluation_round_to_close")]

    def __str__(self) -> str:
        return f"{self.plan.scheme} · {self.due_on.isoformat()}"

    @transition(state, source=State.OPEN, target=State.CLOSED)
    def close(self) -> None:
        self.closed_at = timezone.now()


class EvaluationQuerySet(models.QuerySet["Evaluation"]):
    def visible_to(self, actor: Actor) -> EvaluationQuerySet:
        """To its evaluator; to who arranges placements on either side; to the student once its round is closed."""
        if actor.is_system:
            return self
        if actor.role == Role.TUTOR:
            return self.filter(evaluator_id=actor.membership_id)
        relation = placement_relation(actor, "placement__")
        if relation is None:
            return self.none()
        if actor.role == Role.STUDENT:
            return self.filter(relation, round__state=EvaluationRound.State.CLOSED)
        return self.filter(relation)

    def pending(self) -> EvaluationQuerySet:
        return self.filter(submitted_at=None, round__state=EvaluationRound.State.OPEN)

    def with_names(self) -> EvaluationQuerySet:
        return self.select_related(
            "round__plan__scheme", "placement__student__user", "placement__base", "evaluator__user"
        )


def _sheets(**conditions: Any) -> Coalesce:
    sheets = Evaluation.objects.filter(round=models.OuterRef("pk"), **conditions).order_by()
    count = sheets.values("round").annotate(count=models.Count("pk")).values("count")
    return Coalesce(models.Subquery(count), 0)


@pghistory.track(exclude=["comment"])
class Evaluation(models.Model):
    """One tutor's sheet for one placement in one round."""

    Side = PlacementSide

    round = models.ForeignKey(
        EvaluationRound, on_delete=models.PROTECT, related_name="evaluations", verbose_name=_("round")
    )
    placement = models.ForeignKey(
        Placement, on_delete=models.PROTECT, related_name="evaluations", verbose_name=_("placement")
    )
    side = models.CharField(_("as"), max_length=10, choices=PlacementSide.choices)
    evaluator = models.ForeignKey(
        Membership, on_delete=models.PROTECT, related_name="evaluations", verbose_name=_("evaluator")
    )
    comment = models.TextField(_("comment"), max_length=2000, blank=True)
    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True)

    objects = EvaluationQuerySet.as_manager()

    class Meta:
        verbose_name = _("evaluation")
        verbose_name_plural = _("evaluations")
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["round", "placement", "side"], name="evaluation_once_a_side")]
        indexes = [
            models.Index(fields=["evaluator"], condition=Q(submitted_at=None), name="evaluation_pending"),
            models.Index(fields=["placement", "-id"], name="evaluation_placement"),
        ]

    def __str__(self) -> str:
        return f"{self.round_id} {self.placement_id} {self.side}"

    @property
    def is_pending(self) -> bool:
        return self.submitted_at is None and self.round.state == EvaluationRound.State.OPEN


class Score(models.Model):
    """The points of one criterion on one sheet, 0 to 100."""

    evaluation = models.ForeignKey(Evaluation, on_delete=models.CASCADE, related_name="scores")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="scores")
    points = models.DecimalField(
        _("points"),
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )

    class Meta:
        verbose_name = _("score")
        verbose_name_plural = _("scores")
        constraints = [
            models.UniqueConstraint(fields=["evaluation", "criterion"], name="score_once_a_criterion"),
            models.CheckConstraint(condition=Q(points__gte=0, points__lte=100), name="score_0_to_100"),
        ]

    def __str__(self) -> str:
        return f"{self.criterion_id}: {self.points}"


class PlacementResultQuerySet(models.QuerySet["PlacementResult"]):
    def visible_to(self, actor: Actor) -> PlacementResultQuerySet:
        """As its placement."""
        if actor.is_system:
            return self
        relation = placement_relation(actor, "placement__")
        return self.none() if relation is None else self.filter(relation)

    def with_names(self) -> PlacementResultQuerySet:
        return self.select_related("round__plan__scheme", "placement__student__user", "placement__base")


class PlacementResult(models.Model):
    """The weighted result of a placement in a closed round, from the sheets that were submitted.

    ``score`` = Σ weight × mean points of the criterion over the sheets ÷ 100, in points from 0 to 100; two decimals, half up.
    """

    round = models.ForeignKey(EvaluationRound, on_delete=models.PROTECT, related_name="results")
    placement = models.ForeignKey(Placement, on_delete=models.PROTECT, related_name="results")
    score = models.DecimalField(_("result"), max_digits=5, decimal_places=2)
    sheets = models.PositiveSmallIntegerField(_("sheets"))

    objects = PlacementResultQuerySet.as_manager()

    class Meta:
        verbose_name = _("result")
        verbose_name_plural = _("results")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["round", "placement"], name="placement_result_once_a_round"),
            models.CheckConstraint(condition=Q(score__gte=0, score__lte=100), name="placement_result_0_to_100"),
        ]
        indexes = [models.Index(fields=["placement", "-id"], name="placement_result_placement")]

    def __str__(self) -> str:
        return f"{self.placement_id}: {self.score}"
