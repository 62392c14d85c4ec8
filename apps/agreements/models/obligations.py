"""What a party owes under an agreement: how much of what, until when."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pghistory
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_fsm import FSMField, FSMModelMixin, transition

from apps.core.actor import Actor
from apps.organizations.models import Membership

from .agreements import Agreement, AgreementParty


class ObligationQuerySet(models.QuerySet["Obligation"]):
    def visible_to(self, actor: Actor) -> ObligationQuerySet:
        """Who sees the agreement sees what each party owes."""
        if actor.is_system:
            return self
        return self.filter(agreement__in=Agreement.objects.visible_to(actor))

    def binding(self) -> ObligationQuerySet:
        """Those of agreements in force."""
        return self.filter(agreement__state=Agreement.State.IN_FORCE)

    def late_on(self, day: date) -> ObligationQuerySet:
        """Neither fulfilled nor waived, and ``day`` lies after the last one agreed."""
        return self.filter(state__in=Obligation.OPEN, due_on__lt=day)


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Obligation(FSMModelMixin, models.Model):
    """A measurable duty of one party, from the version in force. The party reports it as fulfilled, another party confirms; or
    another party waives it."""

    class Kind(models.TextChoices):
        PLACES = "places", _("places for students")
        TUTOR_HOURS = "tutor_hours", _("tutor hours")
        MONEY = "money", _("money")
        EQUIPMENT = "equipment", _("equipment")
        COURSES = "courses", _("courses")
        OTHER = "other", pgettext_lazy("obligation", "other")

    class State(models.TextChoices):
        OWED = "owed", _("owed")
        REPORTED = "reported", _("reported as fulfilled")
        DONE = "done", _("fulfilled")
        WAIVED = "waived", _("waived")
        REPLACED = "replaced", _("replaced by an amendment")

    OPEN = (State.OWED, State.REPORTED)

    agreement = models.ForeignKey(
        Agreement, on_delete=models.PROTECT, related_name="obligations", verbose_name=_("agreement")
    )
    party = models.ForeignKey(
        AgreementParty, on_delete=models.PROTECT, related_name="obligations", verbose_name=_("who owes it")
    )
    key = models.CharField(_("key"), max_length=12, help_text=_("The same in all versions of the agreement."))
    kind = models.CharField(_("kind"), max_length=15, choices=Kind.choices)
    text = models.CharField(_("what is owed"), max_length=200)
    quantity = models.DecimalField(
        _("how much"), max_digits=12, decimal_places=2, validators=[MinValueValidator(Decimal("0.01"))]
    )
    unit = models.CharField(_("unit"), max_length=20, help_text=_("Places, hours, CNY, pieces …"))
    due_on = models.DateField(_("until"))
    state = FSMField(_("state"), max_length=10, choices=State.choices, default=State.OWED, protected=True)
    note = models.CharField(_("what was done"), max_length=200, blank=True)
    reported_at = models.DateTimeField(_("reported"), null=True, blank=True)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    settled_by = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("settled by")
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    objects = ObligationQuerySet.as_manager()

    class Meta:
        verbose_name = _("obligation")
        verbose_name_plural = _("obligations")
        ordering = ["due_on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "key"], name="obligation_unique_key"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="obligation_quantity_positive"),
            models.CheckConstraint(
                condition=~Q(state="waived") | (Q(settled_at__isnull=False) & ~Q(reason="")),
                name="obligation_waived_has_reason",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(settled_at__isnull=False), name="obligation_done_has_time"
            ),
        ]
        indexes = [
            models.Index(fields=["agreement", "due_on"], name="obligation_agreement"),
            models.Index(fields=["due_on"], condition=Q(state__in=["owed", "reported"]), name="obligation_open"),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def is_late(self) -> bool:
        return self.state in self.OPEN and self.due_on < timezone.localdate()

    @transition(state, source=State.OWED, target=State.REPORTED)
    def report(self, note: str) -> None:
        self.note = note
        self.reported_at = timezone.now()

    @transition(state, source=State.REPORTED, target=State.DONE)
    def confirm(self, membership_id: int) -> None:
        self.settled_by_id = membership_id or None
        self.settled_at = timezone.now()

    @transition(state, source=State.REPORTED, target=State.OWED)
    def dispute(self, reason: str) -> None:
        self.reason = reason
        self.reported_at = None

    @transition(state, source=[State.OWED, State.REPORTED], target=State.WAIVED)
    def waive(self, reason: str, membership_id: int) -> None:
        self.reason = reason
        self.settled_by_id = membership_id or None
        self.settled_at = timezone.now()

    @transition(state, source=[State.OWED, State.REPORTED], target=State.REPLACED)
    def replace(self) -> None:
        """An amendment that is signed by all says otherwise."""
        self.settled_at = timezone.now()
