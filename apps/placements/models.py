"""Placements, progress logs and journals."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pghistory
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, FSMModelMixin, transition

from apps.agreements.models import Agreement
from apps.applications.models import Application
from apps.bases.models import Base, Position
from apps.core.actor import Actor
from apps.organizations.models import Membership, Organization, Role


def monday_of(day: date) -> date:
    """The Monday of the week of ``day``: weeks are named by it."""
    return day - timedelta(days=day.weekday())


class Side(models.TextChoices):
    """The two sides of a placement, each with its tutor."""

    ACADEMIC = "academic", _("academic tutor")
    ENTERPRISE = "enterprise", _("enterprise tutor")


def placement_relation(actor: Actor, path: str = "") -> Q | None:
    """How the actor relates to placements at ``path`` (``""`` or ``"placement__"``); ``None``: not at all.

    One indexed column decides: the student's, the tutor's or the acting organization's. A university has two, because it
    hosts bases on its campus too.
    """
    if not actor.is_member:
        return None
    if actor.role == Role.STUDENT:
        return Q(**{f"{path}student_id": actor.membership_id})
    if actor.role == Role.TUTOR:
        sending, hosting, own = "academic_tutor_id", "enterprise_tutor_id", actor.membership_id
    elif actor.may("manage_placements"):
        sending, hosting, own = "university_id", "host_id", actor.organization_id
    else:
        return None
    hosted = Q(**{f"{path}{hosting}": own})
    if actor.organization_kind != Organization.Kind.UNIVERSITY:
        return hosted
    return Q(**{f"{path}{sending}": own}) | hosted


class PlacementQuerySet(models.QuerySet["Placement"]):
    def visible_to(self, actor: Actor) -> PlacementQuerySet:
        """To the student, the two tutors, and who arranges placements at the university and the host."""
        if actor.is_system:
            return self
        relation = placement_relation(actor)
        return self.none() if relation is None else self.filter(relation)

    def active(self) -> PlacementQuerySet:
        return self.filter(state=Placement.State.ACTIVE)

    def with_log_of(self, day: date) -> PlacementQuerySet:
        """Adds ``log_of_day``: the key of the day's progress log, or ``None``."""
        logs = ProgressLog.objects.filter(placement=OuterRef("pk"), worked_on=day)
        return self.annotate(log_of_day=Subquery(logs.values("pk")[:1]))

    def with_names(self) -> PlacementQuerySet:
        return self.select_related(
            "student__user",
            "university",
            "host",
            "base",
            "position",
            "academic_tutor__user",
            "enterprise_tutor__user",
        )


@pghistory.track(exclude=["reason"])
class Placement(FSMModelMixin, models.Model):
    """An accepted student at a position, from a day to a day, with two tutors."""

    class State(models.TextChoices):
        PREPARING = "preparing", _("being prepared")
        ACTIVE = "active", _("active")
        COMPLETED = "completed", _("completed")
        BROKEN_OFF = "broken_off", _("broken off")

    UNDER_WAY = (State.PREPARING, State.ACTIVE)
    WITH_JOURNAL = (State.ACTIVE, State.COMPLETED)

    application = models.OneToOneField(
        Application, on_delete=models.PROTECT, related_name="placement", verbose_name=_("application")
    )
    student = models.ForeignKey(
        Membership, on_delete=models.PROTECT, related_name="placements", verbose_name=_("student")
    )
    university = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="placements_sent", verbose_name=_("university")
    )
    host = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="placements_hosted", verbose_name=_("host")
    )
    base = models.ForeignKey(Base, on_delete=models.PROTECT, related_name="placements", verbose_name=_("base"))
    position = models.ForeignKey(
        Position, on_delete=models.PROTECT, related_name="placements", verbose_name=_("position")
    )
    academic_tutor = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        related_name="placements_as_academic_tutor",
        verbose_name=_("academic tutor"),
    )
    enterprise_tutor = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="placements_as_enterprise_tutor",
        verbose_name=_("enterprise tutor"),
    )
    agreement = models.OneToOneField(
        Agreement,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="placement",
        verbose_name=_("tri-party agreement"),
        help_text=_("Between university, host and student; the placement starts only while it is in force."),
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    state = FSMField(_("state"), max_length=10, choices=State.choices, default=State.PREPARING, protected=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    reason = models.CharField(_("reason for breaking off"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = PlacementQuerySet.as_manager()

    class Meta:
        verbose_name = _("placement")
        verbose_name_plural = _("placements")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gt=F("starts_on")),
                name="placement_ends_after_start",
                violation_error_message=_("The placement must end after it starts."),
            ),
            models.CheckConstraint(
                condition=~Q(state="active") | (Q(enterprise_tutor__isnull=False) & Q(started_at__isnull=False)),
                name="placement_active_has_both_tutors",
                violation_error_message=_("A placement starts only with both tutors named."),
            ),
            models.CheckConstraint(
                condition=~Q(state="broken_off") | ~Q(reason=""), name="placement_broken_off_has_reason"
            ),
        ]
        indexes = [
            models.Index(fields=["university", "-id"], name="placement_university"),
            models.Index(fields=["host", "-id"], name="placement_host"),
            models.Index(fields=["student", "-id"], name="placement_student"),
            models.Index(fields=["academic_tutor", "-id"], name="placement_academic_tutor"),
            models.Index(fields=["enterprise_tutor", "-id"], name="placement_enterprise_tutor"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    def has_both_tutors(self) -> bool:
        return self.academic_tutor_id is not None and self.enterprise_tutor_id is not None

    @transition(state, source=State.PREPARING, target=State.ACTIVE, conditions=[has_both_tutors])
    def start(self) -> None:
        self.started_at = timezone.now()

    @transition(state, source=State.ACTIVE, target=State.COMPLETED)
    def complete(self) -> None:
        self.ended_at = timezone.now()

    @transition(state, source=[State.PREPARING, State.ACTIVE], target=State.BROKEN_OFF)
    def break_off(self, reason: str) -> None:
        self.ended_at = timezone.now()
        self.reason = reason


class ProgressLogQuerySet(models.QuerySet["ProgressLog"]):
    def visible_to(self, actor: Actor) -> ProgressLogQuerySet:
        """As its placement."""
        if actor.is_system:
            return self
        relation = placement_relation(actor, "placement__")
        return self.none() if relation is None else self.filter(relation)


class ProgressLog(models.Model):
    """What the enterprise tutor records of a student's day."""

    placement = models.ForeignKey(Placement, on_delete=models.PROTECT, related_name="logs", verbose_name=_("placement"))
    tutor = models.ForeignKey(
        Membership, on_delete=models.PROTECT, related_name="logs", verbose_name=_("enterprise tutor")
    )
    worked_on = models.DateField(_("day"))
    hours = models.DecimalField(
        _("hours"),
        max_digits=7,
        decimal_places=2,
        validators=[MinValueValidator(Decimal("0.25")), MaxValueValidator(24)],
    )
    tasks = models.CharField(_("tasks"), max_length=500)
    rating = models.PositiveSmallIntegerField(_("rating"), validators=[MinValueValidator(1), MaxValueValidator(5)])
    note = models.TextField(_("note"), max_length=2000, validators=[MaxLengthValidator(2000)], blank=True)
    version = models.PositiveIntegerField(_("version"), default=1)
    created_at = models.DateTimeField(_("recorded"), auto_now_add=True)

    objects = ProgressLogQuerySet.as_manager()

    class Meta:
        verbose_name = _("progress log")
        verbose_name_plural = _("progress logs")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["placement", "worked_on"],
                name="progress_log_once_a_day",
                violation_error_message=_("This day is logged already. Change that entry instead."),
            ),
            models.CheckConstraint(
                condition=Q(hours__gt=0, hours__lte=24),
                name="progress_log_hours_of_a_day",
                violation_error_message=_("A day has between 0 and 24 hours."),
            ),
            models.CheckConstraint(condition=Q(rating__gte=1, rating__lte=5), name="progress_log_rating_1_to_5"),
        ]

    def __str__(self) -> str:
        return f"{self.placement_id} {self.worked_on}"


class JournalQuerySet(models.QuerySet["Journal"]):
    def visible_to(self, actor: Actor) -> JournalQuerySet:
        """As its placement."""
        if actor.is_system:
            return self
        relation = placement_relation(actor, "placement__")
        return self.none() if relation is None else self.filter(relation)

    def with_answered(self) -> JournalQuerySet:
        """Adds ``answered``: whether a tutor has answered."""
        return self.annotate(answered=Exists(JournalAnswer.objects.filter(journal=OuterRef("pk"))))

    def unanswered(self) -> JournalQuerySet:
        return self.filter(answers=None)


class Journal(models.Model):
    """What a student writes of one week: work done, what was learnt, reflection."""

    placement = models.ForeignKey(
        Placement, on_delete=models.PROTECT, related_name="journals", verbose_name=_("placement")
    )
    week_of = models.DateField(_("week of"), help_text=_("The Monday of the week."))
    work_done = models.TextField(_("work done"), max_length=4000, validators=[MaxLengthValidator(4000)])
    learnt = models.TextField(_("what I learnt"), max_length=4000, validators=[MaxLengthValidator(4000)])
    reflection = models.TextField(_("reflection"), max_length=4000, validators=[MaxLengthValidator(4000)], blank=True)
    submitted_at = models.DateTimeField(_("submitted"), default=timezone.now)

    objects = JournalQuerySet.as_manager()

    class Meta:
        verbose_name = _("journal")
        verbose_name_plural = _("journals")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["placement", "week_of"],
                name="journal_once_a_week",
                violation_error_message=_("You have written the journal of this week already."),
            ),
            models.CheckConstraint(
                condition=Q(week_of__iso_week_day=1),
                name="journal_week_starts_on_monday",
                violation_error_message=_("A week is named by its Monday."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.placement_id} {self.week_of}"


class JournalAnswer(models.Model):
    """A tutor's answer to a journal."""

    journal = models.ForeignKey(Journal, on_delete=models.PROTECT, related_name="answers", verbose_name=_("journal"))
    tutor = models.ForeignKey(
        Membership, on_delete=models.PROTECT, related_name="journal_answers", verbose_name=_("tutor")
    )
    text = models.TextField(_("answer"), max_length=4000, validators=[MaxLengthValidator(4000)])
    answered_at = models.DateTimeField(_("answered"), default=timezone.now)

    class Meta:
        verbose_name = _("answer to a journal")
        verbose_name_plural = _("answers to journals")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["journal", "tutor"],
                name="journal_answer_once_a_tutor",
                violation_error_message=_("You have answered this journal already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.journal_id} {self.tutor_id}"


class RelocationQuerySet(models.QuerySet["Relocation"]):
    def visible_to(self, actor: Actor) -> RelocationQuerySet:
        """To the student, and to who arranges placements at the university and the host."""
        if actor.is_system:
            return self
        if not actor.is_member:
            return self.none()
        if actor.role == Role.STUDENT:
            return self.filter(student_id=actor.membership_id)
        if not actor.may("manage_placements"):
            return self.none()
        return self.filter(Q(university_id=actor.organization_id) | Q(host_id=actor.organization_id))

    def open(self) -> RelocationQuerySet:
        return self.filter(settled_at=None)


class Relocation(models.Model):
    """A student whose place loses its agreement: listed until work goes on at another base, or somebody says why it need not."""

    agreement = models.ForeignKey(
        Agreement, on_delete=models.PROTECT, related_name="relocations", verbose_name=_("agreement that ends")
    )
    application = models.OneToOneField(
        Application, on_delete=models.PROTECT, related_name="relocation", verbose_name=_("application")
    )
    student = models.ForeignKey(
        Membership, on_delete=models.PROTECT, related_name="relocations", verbose_name=_("student")
    )
    university = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", verbose_name=_("university")
    )
    host = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", verbose_name=_("host"))
    found_at = models.DateTimeField(_("listed"), auto_now_add=True)
    followed_by = models.ForeignKey(
        Placement, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("moved to")
    )
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    settled_by = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("settled by")
    )
    reason = models.CharField(_("why no other base is needed"), max_length=500, blank=True)

    objects = RelocationQuerySet.as_manager()

    class Meta:
        verbose_name = _("student who needs another base")
        verbose_name_plural = _("students who need another base")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(settled_at=None, followed_by=None, reason="")
                | (Q(settled_at__isnull=False) & (Q(followed_by__isnull=False) | ~Q(reason=""))),
                name="relocation_settled_says_how",
            ),
        ]
        indexes = [
            models.Index(fields=["university", "-id"], name="relocation_university"),
            models.Index(fields=["host", "-id"], name="relocation_host"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"
