"""Requests for erasure, and the holds that stop it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, FSMModelMixin, transition

from apps.core.actor import Actor


class ErasureRequestQuerySet(models.QuerySet["ErasureRequest"]):
    def visible_to(self, actor: Actor) -> ErasureRequestQuerySet:
        """A person's own; all to the platform's staff, who decide."""
        if actor.is_system or actor.is_staff:
            return self
        return self.filter(person_id=actor.user_id)

    def open(self) -> ErasureRequestQuerySet:
        return self.filter(state=ErasureRequest.State.ASKED)


class ErasureRequest(FSMModelMixin, models.Model):
    """A person asks to be erased. Until ``due_at`` they may take it back and the platform's staff may refuse it."""

    class State(models.TextChoices):
        ASKED = "asked", _("asked for")
        WITHDRAWN = "withdrawn", _("taken back")
        REFUSED = "refused", _("refused")
        CARRIED_OUT = "carried_out", _("carried out")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="erasure_requests", verbose_name=_("person")
    )
    reason = models.TextField(_("reason"), max_length=2000, blank=True)
    state = FSMField(_("state"), max_length=12, choices=State.choices, default=State.ASKED, protected=True)
    asked_at = models.DateTimeField(_("asked for"), default=timezone.now)
    due_at = models.DateTimeField(_("carried out from"))
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decision = models.TextField(_("reason of the decision"), blank=True)

    objects = ErasureRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request for erasure")
        verbose_name_plural = _("requests for erasure")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(state="asked"), name="erasure_request_one_open"),
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(decision=""), name="erasure_request_refused_has_reason"
            ),
            models.CheckConstraint(
                condition=Q(state="asked") | Q(decided_at__isnull=False), name="erasure_request_decided_has_time"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @transition(state, source=State.ASKED, target=State.WITHDRAWN)
    def withdraw(self) -> None:
        self.decided_at = timezone.now()

    @transition(state, source=State.ASKED, target=State.REFUSED)
    def refuse(self, decision: str, decided_by_id: int | None) -> None:
        self.decision = decision
        self.decided_by_id = decided_by_id
        self.decided_at = timezone.now()

    @transition(state, source=State.ASKED, target=State.CARRIED_OUT)
    def carry_out(self, decided_by_id: int | None) -> None:
        self.reason = ""
        self.decided_by_id = decided_by_id
        self.decided_at = timezone.now()


class LegalHoldQuerySet(models.QuerySet["LegalHold"]):
    def standing(self) -> LegalHoldQuerySet:
        return self.filter(lifted_at=None)


class LegalHold(models.Model):
    """While it stands nothing about the person is erased: a dispute, an inspection, an order of a court."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="legal_holds", verbose_name=_("person")
    )
    reason = models.TextField(_("reason"), max_length=2000)
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("placed by"),
    )
    placed_at = models.DateTimeField(_("placed"), default=timezone.now)
    lifted_at = models.DateTimeField(_("lifted"), null=True, blank=True)

    objects = LegalHoldQuerySet.as_manager()

    class Meta:
        verbose_name = _("legal hold")
        verbose_name_plural = _("legal holds")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(lifted_at=None), name="legal_hold_one_standing")
        ]

    def __str__(self) -> str:
        return str(self.pk)
