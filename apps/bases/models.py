"""Bases, intakes and positions."""

from __future__ import annotations

from datetime import date

import pghistory
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, FSMModelMixin, transition

from apps.agreements.models import Agreement, AgreementParty
from apps.core.actor import Actor
from apps.organizations.models import Organization, Region, Role


def _party_of(agreement: str, actor: Actor) -> Exists:
    """Whether the acting organization is party to the agreement at this path."""
    return Exists(
        AgreementParty.objects.filter(agreement_id=OuterRef(agreement), organization_id=actor.organization_id)
    )


def takes_applications_on(day: date) -> Q:
    """Of an intake: open, not past the closing day, and under an agreement in force on ``day``."""
    no_earlier_end = Q(base__agreement__last_day=None) | Q(base__agreement__last_day__gte=day)
    return no_earlier_end & Q(
        state=Intake.State.OPEN,
        closes_on__gte=day,
        base__agreement__state=Agreement.State.IN_FORCE,
        base__agreement__starts_on__lte=day,
        base__agreement__ends_on__gte=day,
    )


class BaseQuerySet(models.QuerySet["Base"]):
    def visible_to(self, actor: Actor) -> BaseQuerySet:
        """To the host, to every party of its agreement, and to the government of its region."""
        if actor.is_system:
            return self
        if not actor.is_member:
            return self.none()
        seen = Q(host_id=actor.organization_id) | Q(_party_of("agreement_id", actor))
        if actor.region_prefix is not None:
            seen |= Q(region__code__startswith=actor.region_prefix)
        return self.filter(seen)


@pghistory.track()
class Base(models.Model):
    """A place where students practise, run by its host under an agreement."""

    class Kind(models.TextChoices):
        ON_CAMPUS = "on_campus", _("on-campus training base")
        OFF_CAMPUS = "off_campus", _("off-campus practice base")
        JOINT_LABORATORY = "joint_laboratory", _("joint laboratory")
        ENGINEERING_CENTRE = "engineering_centre", _("engineering centre")
        MAKER_SPACE = "maker_space", _("maker space")
        INCUBATOR = "incubator", _("incubator")

    host = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="bases", verbose_name=_("host"))
    agreement = models.ForeignKey(
        Agreement, on_delete=models.PROTECT, related_name="bases", verbose_name=_("agreement")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    name = models.CharField(_("name"), max_length=100)
    name_en = models.CharField(_("name in English"), max_length=150, blank=True)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="bases", verbose_name=_("region"))
    address = models.CharField(_("address"), max_length=200)
    description = models.TextField(_("what students do here"), blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = BaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("base")
        verbose_name_plural = _("bases")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["host", "name"],
                name="base_name_unique",
                violation_error_message=_("The host has a base of this name already."),
            )
        ]

    def __str__(self) -> str:
        return self.local_name

    @property
    def local_name(self) -> str:
        if self.name_en and not (get_language() or "").startswith("zh"):
            return self.name_en
        return self.name


class IntakeQuerySet(models.QuerySet["Intake"]):
    def visible_to(self, actor: Actor) -> IntakeQuerySet:
        """All to the host; to the partners, and the government of the region, those that were opened."""
        if actor.is_system:
            return self
        if not actor.is_member:
            return self.none()
        published, partner = ~Q(state=Intake.State.DRAFT), Q(_party_of("base__agreement_id", actor))
        if actor.role == Role.STUDENT:
            return self.filter(published, partner)
        seen = Q(base__host_id=actor.organization_id) | (published & partner)
        if actor.region_prefix is not None:
            seen |= published & Q(base__region__code__startswith=actor.region_prefix)
        return self.filter(seen)

    def taking_applications(self, day: date) -> IntakeQuerySet:
        """Open, not past the closing day, and under an agreement in force on ``day``."""
        return self.filter(takes_applications_on(day))


@pghistory.track()
class Intake(FSMModelMixin, models.Model):
    """An open call of a base for a period, with positions."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        OPEN = "open", _("open")
        CLOSED = "closed", _("closed")

    class Selection(models.TextChoices):
        FIRST_COME = "first_come", _("first come, first served")
        REVIEWED = "reviewed", _("the base decides on each application")

    base = models.ForeignKey(Base, on_delete=models.PROTECT, related_name="intakes", verbose_name=_("base"))
    title = models.CharField(_("title"), max_length=100)
    selection = models.CharField(_("selection"), max_length=10, choices=Selection.choices, default=Selection.REVIEWED)
    closes_on = models.DateField(_("last day to apply"))
    starts_on = models.DateField(_("work starts"))
    ends_on = models.DateField(_("work ends"))
    state = FSMField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT, protected=True)
    opened_at = models.DateTimeField(_("opened"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = IntakeQuerySet.as_manager()

    class Meta:
        verbose_name = _("intake")
        verbose_name_plural = _("intakes")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gt=F("starts_on")),
                name="intake_ends_after_start",
                violation_error_message=_("The work must end after it starts."),
            ),
            models.CheckConstraint(
                condition=Q(closes_on__lte=F("ends_on")),
                name="intake_closes_before_end",
                violation_error_message=_("The last day to apply must lie before the end of the work."),
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(opened_at__isnull=False), name="intake_open_has_time"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def places(self) -> int:
        """Of all positions, which should be prefetched; so should they for ``free``."""
        return sum(position.places for position in self.positions.all())

    @property
    def free(self) -> int:
        return sum(position.free for position in self.positions.all())

    @transition(state, source=State.DRAFT, target=State.OPEN)
    def open(self) -> None:
        self.opened_at = timezone.now()

    @transition(state, source=State.OPEN, target=State.CLOSED)
    def close(self) -> None:
        self.closed_at = timezone.now()


class PositionQuerySet(models.QuerySet["Position"]):
    def visible_to(self, actor: Actor) -> PositionQuerySet:
        """As its intake."""
        if actor.is_system:
            return self
        return self.filter(intake__in=Intake.objects.visible_to(actor))


class Position(models.Model):
    """A kind of work in an intake, with a number of places."""

    intake = models.ForeignKey(Intake, on_delete=models.PROTECT, related_name="positions", verbose_name=_("intake"))
    title = models.CharField(_("title"), max_length=100)
    tasks = models.TextField(_("tasks"), blank=True)
    places = models.PositiveIntegerField(_("places"), validators=[MinValueValidator(1)])
    taken = models.PositiveIntegerField(_("taken"), default=0, editable=False)

    objects = PositionQuerySet.as_manager()

    class Meta:
        verbose_name = _("position")
        verbose_name_plural = _("positions")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(taken__lte=F("places")),
                name="position_never_over_capacity",
                violation_error_message=_("More places are taken than this."),
            ),
            models.UniqueConstraint(
                fields=["intake", "title"],
                name="position_title_unique",
                violation_error_message=_("The intake has a position of this title already."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def free(self) -> int:
        return self.places - self.taken
