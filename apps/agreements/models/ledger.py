"""What each party puts in and gets out under an agreement."""

from __future__ import annotations

from decimal import Decimal

import pghistory
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor
from apps.organizations.models import Membership

from .agreements import Agreement, AgreementParty


class LedgerEntryQuerySet(models.QuerySet["LedgerEntry"]):
    def visible_to(self, actor: Actor) -> LedgerEntryQuerySet:
        """Who sees the agreement sees its whole ledger: it is there to be compared."""
        if actor.is_system:
            return self
        return self.filter(agreement__in=Agreement.objects.visible_to(actor))

    def standing(self) -> LedgerEntryQuerySet:
        return self.filter(voided_at=None)


@pghistory.track()
class LedgerEntry(models.Model):
    """A contribution or benefit of one party, planned or actual. It is voided with a reason, never changed or deleted."""

    class Side(models.TextChoices):
        CONTRIBUTION = "contribution", _("contribution")
        BENEFIT = "benefit", _("benefit")

    class Category(models.TextChoices):
        MONEY = "money", _("money")
        EQUIPMENT = "equipment", _("equipment")
        STAFF_HOURS = "staff_hours", _("staff hours")
        PLACES = "places", _("places for students")
        TRAINING_FEES = "training_fees", _("training fees")
        WAGES = "wages", _("wages")
        OUTPUT = "output", _("output")
        HIRES = "hires", _("hires")
        RESULTS = "results", _("results")

    class Horizon(models.TextChoices):
        SHORT = "short", _("short term")
        LONG = "long", _("long term")

    class Stage(models.TextChoices):
        PLANNED = "planned", _("planned")
        ACTUAL = "actual", _("actual")

    class Unit(models.TextChoices):
        CNY = "CNY", _("CNY")
        EUR = "EUR", _("EUR")
        USD = "USD", _("USD")
        HOURS = "hours", _("hours")
        PERSONS = "persons", _("persons")
        PIECES = "pieces", _("pieces")

    MONEY = (Unit.CNY, Unit.EUR, Unit.USD)

    agreement = models.ForeignKey(
        Agreement, on_delete=models.PROTECT, related_name="ledger", verbose_name=_("agreement")
    )
    party = models.ForeignKey(AgreementParty, on_delete=models.PROTECT, related_name="ledger", verbose_name=_("party"))
    side = models.CharField(_("contribution or benefit"), max_length=12, choices=Side.choices)
    category = models.CharField(_("kind"), max_length=15, choices=Category.choices)
    stage = models.CharField(_("planned or actual"), max_length=7, choices=Stage.choices, default=Stage.ACTUAL)
    horizon = models.CharField(_("horizon"), max_length=5, choices=Horizon.choices, default=Horizon.SHORT)
    amount = models.DecimalField(
        _("amount"), max_digits=14, decimal_places=2, validators=[MinValueValidator(Decimal("0.01"))]
    )
    unit = models.CharField(_("unit"), max_length=7, choices=Unit.choices, default=Unit.CNY)
    value = models.DecimalField(
        _("worth in CNY"),
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("What it is worth in money, as the parties see it; it counts towards the shares."),
    )
    day = models.DateField(_("day"), default=timezone.localdate)
    note = models.CharField(_("what it was"), max_length=200)
    evidence = models.FileField(_("evidence"), upload_to="agreements/ledger/", max_length=200, blank=True)
    evidence_name = models.CharField(_("file name"), max_length=150, blank=True)
    recorded_by = models.ForeignKey(
        Membership, on_delete=models.PROTECT, related_name="+", verbose_name=_("recorded by")
    )
    recorded_at = models.DateTimeField(_("recorded"), auto_now_add=True)
    voided_at = models.DateTimeField(_("voided"), null=True, blank=True)
    void_reason = models.CharField(_("reason"), max_length=200, blank=True)

    objects = LedgerEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="ledger_entry_amount_positive"),
            models.CheckConstraint(
                condition=Q(voided_at=None) | ~Q(void_reason=""), name="ledger_entry_voided_has_reason"
            ),
        ]
        indexes = [models.Index(fields=["agreement", "-id"], name="ledger_entry_agreement")]

    def __str__(self) -> str:
        return f"{self.get_category_display()} {self.amount} {self.get_unit_display()}"
