"""Organizations that ask to be let in."""

from __future__ import annotations

import pghistory
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, FSMModelMixin, transition

from apps.accounts.models import User
from apps.core.actor import Actor

from .invitations import Invitation
from .organizations import Organization
from .regions import Region


class RegistrationQuerySet(models.QuerySet["Registration"]):
    def visible_to(self, actor: Actor) -> RegistrationQuerySet:
        """Their own to applicants; all to the platform's staff; to a group or government body, those that it invited."""
        if actor.is_system or actor.is_staff:
            return self
        seen = Q(applicant_id=actor.user_id)
        if actor.may("manage_members"):
            seen |= Q(invitation__organization_id=actor.organization_id)
        return self.filter(seen)


@pghistory.track(exclude=["evidence", "evidence_name", "note", "reason"])
class Registration(FSMModelMixin, models.Model):
    """An organization as its first administrator describes it, until somebody has checked it."""

    class State(models.TextChoices):
        PENDING = "pending", _("waiting for a decision")
        APPROVED = "approved", _("approved")
        REJECTED = "rejected", _("rejected")
        WITHDRAWN = "withdrawn", _("withdrawn")

    applicant = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="registrations", verbose_name=_("applicant")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Organization.Kind.choices)
    country = models.CharField(_("country"), max_length=2, default="CN", validators=[RegexValidator(r"^[A-Z]{2}$")])
    code = models.CharField(_("registration number"), max_length=20)
    name = models.CharField(_("name"), max_length=150)
    name_en = models.CharField(_("name in English"), max_length=200, blank=True)
    region = models.ForeignKey(
        Region, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("region")
    )
    evidence = models.FileField(_("certificate"), upload_to="registrations/", max_length=200)
    evidence_name = models.CharField(_("file name"), max_length=200)
    note = models.TextField(_("note"), max_length=1000, blank=True)
    invitation = models.ForeignKey(
        Invitation, on_delete=models.PROTECT, null=True, blank=True, related_name="registrations"
    )
    state = FSMField(_("state"), max_length=10, choices=State.choices, default=State.PENDING, protected=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    reason = models.TextField(_("reason"), blank=True)
    organization = models.ForeignKey(
        Organization,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="registrations",
        verbose_name=_("organization"),
    )

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["applicant", "code"],
                condition=Q(state="pending"),
                name="registration_unique_pending",
                violation_error_message=_("You have asked for this organization already."),
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | Q(organization__isnull=False, decided_at__isnull=False),
                name="registration_approved_has_organization",
            ),
            models.CheckConstraint(
                condition=~Q(state="rejected") | (Q(decided_at__isnull=False) & ~Q(reason="")),
                name="registration_rejected_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @transition(state, source=State.PENDING, target=State.APPROVED)
    def approve(self, organization: Organization, decided_by: User | None) -> None:
        self.organization = organization
        self.decided_by = decided_by
        self.decided_at = timezone.now()

    @transition(state, source=State.PENDING, target=State.REJECTED)
    def reject(self, reason: str, decided_by: User | None) -> None:
        self.reason = reason
        self.decided_by = decided_by
        self.decided_at = timezone.now()

    @transition(state, source=State.PENDING, target=State.WITHDRAWN)
    def withdraw(self) -> None:
        self.decided_at = timezone.now()
