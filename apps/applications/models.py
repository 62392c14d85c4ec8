"""Applications."""

from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, FSMModelMixin, transition

from apps.bases.models import Intake, Position
from apps.core.actor import Actor
from apps.organizations.models import Membership, Organization, Role
from apps.privacy.models import Consent, Purpose


class ApplicationQuerySet(models.QuerySet["Application"]):
    def visible_to(self, actor: Actor) -> ApplicationQuerySet:
        """To the student; to who decides at the host; to who arranges placements at the university."""
        if actor.is_system:
            return self
        if not actor.is_member:
            return self.none()
        if actor.role == Role.STUDENT:
            return self.filter(student_id=actor.membership_id)
        if not (actor.may("review_applications") or actor.may("manage_placements")):
            return self.none()
        if actor.organization_kind == Organization.Kind.UNIVERSITY:
            return self.filter(Q(university_id=actor.organization_id) | Q(host_id=actor.organization_id))
        return self.filter(host_id=actor.organization_id)

    def with_profile_shown(self) -> ApplicationQuerySet:
        """Adds ``profile_shown``: whether the student agrees that enterprises see it outside an application."""
        consents = Consent.objects.standing().filter(
            person_id=OuterRef("student__user_id"), text__purpose=Purpose.ENTERPRISE_PROFILE
        )
        return self.annotate(profile_shown=Exists(consents))

    def live(self) -> ApplicationQuerySet:
        return self.filter(state__in=[Application.State.SUBMITTED, Application.State.ACCEPTED])


@pghistory.track(exclude=["statement", "reason"])
class Application(FSMModelMixin, models.Model):
    """One student's request for one position."""

    class State(models.TextChoices):
        SUBMITTED = "submitted", _("submitted")
        ACCEPTED = "accepted", _("accepted")
        REJECTED = "rejected", _("rejected")
        WITHDRAWN = "withdrawn", _("withdrawn")

    position = models.ForeignKey(
        Position, on_delete=models.PROTECT, related_name="applications", verbose_name=_("position")
    )
    intake = models.ForeignKey(Intake, on_delete=models.PROTECT, related_name="applications", verbose_name=_("intake"))
    host = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", verbose_name=_("host"))
    university = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", verbose_name=_("university")
    )
    student = models.ForeignKey(
        Membership, on_delete=models.PROTECT, related_name="applications", verbose_name=_("student")
    )
    statement = models.TextField(
        _("why this position"), max_length=2000, help_text=_("What you bring and what you want to learn.")
    )
    state = FSMField(_("state"), max_length=10, choices=State.choices, default=State.SUBMITTED, protected=True)
    submitted_at = models.DateTimeField(_("submitted"), default=timezone.now)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["student", "intake"],
                condition=Q(state__in=["submitted", "accepted"]),
                name="application_one_live_per_intake",
                violation_error_message=_("You have applied to this intake already."),
            ),
            models.CheckConstraint(
                condition=Q(state="submitted") | Q(decided_at__isnull=False),
                name="application_decided_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="rejected") | ~Q(reason=""), name="application_rejected_has_reason"
            ),
        ]
        indexes = [
            models.Index(fields=["host", "-id"], name="application_host"),
            models.Index(fields=["university", "-id"], name="application_university"),
            models.Index(fields=["student", "-id"], name="application_student"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    @transition(state, source=State.SUBMITTED, target=State.ACCEPTED)
    def accept(self) -> None:
        self.decided_at = timezone.now()

    @transition(state, source=State.SUBMITTED, target=State.REJECTED)
    def reject(self, reason: str) -> None:
        self.decided_at = timezone.now()
        self.reason = reason

    @transition(state, source=[State.SUBMITTED, State.ACCEPTED], target=State.WITHDRAWN)
    def withdraw(self) -> None:
        self.decided_at = timezone.now()
