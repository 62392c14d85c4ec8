"""Agreements, their parties and signatures."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pghistory
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_fsm import FSMField, FSMModelMixin, transition
from guardian.models import GroupObjectPermissionBase

from apps.core.actor import Actor
from apps.organizations.models import Membership, Organization, PersonalGrant

from .modes import Mode


def canonical(value: Any) -> bytes:
    """The one way to write a value down: JSON with sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


class AgreementQuerySet(models.QuerySet["Agreement"]):
    def visible_to(self, actor: Actor) -> AgreementQuerySet:
        """To who drafted it and to the parties it was shown to; to a government body, also those signed in its region."""
        if actor.is_system:
            return self
        own = AgreementParty.objects.filter(agreement=OuterRef("pk"), shown_at__isnull=False)
        as_student = Q(Exists(own.filter(student_id=actor.membership_id)))
        if not actor.may("view_agreements"):
            return self.filter(as_student) if actor.is_member else self.none()
        seen = Q(drafted_by_id=actor.organization_id) | Q(Exists(own.filter(organization_id=actor.organization_id)))
        if actor.region_prefix is not None:
            in_region = AgreementParty.objects.filter(
                agreement=OuterRef("pk"),
                joined_at__isnull=False,
                organization__region__code__startswith=actor.region_prefix,
            )
            seen |= Q(in_force_at__isnull=False) & Q(Exists(in_region))
        return self.filter(seen | as_student)

    def in_force_on(self, day: date) -> AgreementQuerySet:
        """Signed by all, neither suspended nor ended, and ``day`` lies between start and last day (both included)."""
        return self.filter(
            Q(last_day=None) | Q(last_day__gte=day),
            state=Agreement.State.IN_FORCE,
            starts_on__lte=day,
            ends_on__gte=day,
        )

    def with_party(self, organization_id: int) -> AgreementQuerySet:
        """Those that bind an organization now."""
        bound = AgreementParty.objects.filter(agreement=OuterRef("pk"), joined_at__isnull=False, left_at=None)
        return self.filter(Exists(bound.filter(organization_id=organization_id)))


@pghistory.track()
class Agreement(FSMModelMixin, models.Model):
    """A contract between two or more parties. What it says stands in its versions; title and days are those of the version
    in force, or of the first as long as none is."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        AWAITING_SIGNATURES = "awaiting_signatures", _("awaiting signatures")
        NOT_CONCLUDED = "not_concluded", _("not concluded")
        IN_FORCE = "in_force", _("in force")
        SUSPENDED = "suspended", pgettext_lazy("agreement", "suspended")
        TERMINATED = "terminated", _("terminated")
        EXPIRED = "expired", _("expired")

    class Cause(models.TextChoices):
        NOTICE = "notice", _("with notice")
        CONSENT = "consent", _("by mutual consent")
        BREACH = "breach", _("breach of the agreement")
        INSOLVENCY = "insolvency", _("insolvency or closure of a party")
        FORCE_MAJEURE = "force_majeure", _("force majeure")
        PURPOSE = "purpose", _("its purpose has fallen away")

    STANDING = (State.IN_FORCE, State.SUSPENDED)
    ENDS_SOON = timedelta(days=90)
    """So long before its end it is time to renew it."""

    title = models.CharField(_("title"), max_length=150)
    mode = models.ForeignKey(
        Mode, on_delete=models.PROTECT, related_name="agreements", verbose_name=_("cooperation mode")
    )
    framework = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="individual_agreements",
        verbose_name=_("framework agreement"),
        help_text=_("The agreement under which this one is made; it must be in force."),
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    drafted_by = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", verbose_name=_("drafted by")
    )
    state = FSMField(_("state"), max_length=20, choices=State.choices, default=State.DRAFT, protected=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    in_force_at = models.DateTimeField(_("signed by all"), null=True, blank=True)
    suspended_at = models.DateTimeField(_("suspended"), null=True, blank=True)
    suspended_by = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("suspended by")
    )
    suspension_reason = models.TextField(_("reason for the suspension"), blank=True)
    notice_given_at = models.DateTimeField(_("notice given"), null=True, blank=True)
    last_day = models.DateField(
        _("last day"), null=True, blank=True, help_text=_("When notice was given or it was terminated.")
    )
    cause = models.CharField(_("cause"), max_length=15, choices=Cause.choices, blank=True)
    termination_reason = models.TextField(_("reason for termination"), blank=True)
    settlement = models.TextField(
        _("settlement"), blank=True, help_text=_("Who provides for the students, what is paid, what is given back.")
    )
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    organizations = models.ManyToManyField(
        Organization, through="AgreementParty", related_name="agreements", verbose_name=_("parties")
    )

    objects = AgreementQuerySet.as_manager()

    class Meta:
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")
        ordering = ["-pk"]
        permissions = [("sign_agreement", _("Can sign this agreement"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gt=F("starts_on")),
                name="agreement_ends_after_start",
                violation_error_message=_("The end must lie after the start."),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["in_force", "suspended", "terminated", "expired"])
                | Q(in_force_at__isnull=False),
                name="agreement_in_force_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="suspended") | (Q(suspended_at__isnull=False) & ~Q(suspension_reason="")),
                name="agreement_suspended_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(last_day=None)
                | (Q(notice_given_at__isnull=False) & ~Q(termination_reason="") & ~Q(cause="")),
                name="agreement_notice_has_reason",
            ),
            models.CheckConstraint(
                condition=~Q(state="terminated") | (Q(ended_at__isnull=False) & Q(last_day__isnull=False)),
                name="agreement_terminated_has_last_day",
            ),
        ]
        indexes = [
            models.Index(fields=["drafted_by", "-id"], name="agreement_drafted_by"),
            models.Index(fields=["framework", "-id"], name="agreement_framework", condition=Q(framework__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def number(self) -> str:
        return f"AG-{self.pk:06d}"

    @property
    def final_day(self) -> date:
        """The last day on which it holds, as far as is known now."""
        return min(self.last_day or self.ends_on, self.ends_on)

    @property
    def ends_soon(self) -> bool:
        """Whether it is time to renew it: no notice was given, and little of the term is left."""
        left = self.ends_on - timezone.localdate()
        return self.state in self.STANDING and self.notice_given_at is None and left <= self.ENDS_SOON

    @transition(state, source=State.DRAFT, target=State.AWAITING_SIGNATURES)
    def submit(self) -> None:
        """Its first version was shown to all parties."""

    @transition(state, source=State.AWAITING_SIGNATURES, target=State.DRAFT)
    def take_back(self) -> None:
        """Its first version is a draft again."""

    @transition(state, source=[State.DRAFT, State.AWAITING_SIGNATURES], target=State.NOT_CONCLUDED)
    def give_up(self) -> None:
        """Its first version was refused or withdrawn, or ran out of time."""
        self.ended_at = timezone.now()

    @transition(state, source=State.AWAITING_SIGNATURES, target=State.IN_FORCE)
    def come_into_force(self) -> None:
        self.in_force_at = timezone.now()

    @transition(state, source=State.IN_FORCE, target=State.SUSPENDED)
    def suspend(self, reason: str, organization_id: int) -> None:
        self.suspended_at = timezone.now()
        self.suspended_by_id = organization_id or None
        self.suspension_reason = reason

    @transition(state, source=State.SUSPENDED, target=State.IN_FORCE)
    def resume(self) -> None:
        self.suspended_at = self.suspended_by = None
        self.suspension_reason = ""

    @transition(state, source=STANDING, target=State.TERMINATED)
    def terminate(self) -> None:
        """Its last day has come, notice and reason having been given."""
        self.ended_at = timezone.now()

    @transition(state, source=STANDING, target=State.EXPIRED)
    def expire(self) -> None:
        self.ended_at = timezone.now()


class AgreementUserObjectPermission(PersonalGrant):
    """A permission on an agreement granted to one person."""

    content_object = models.ForeignKey(Agreement, on_delete=models.CASCADE)


class AgreementGroupObjectPermission(GroupObjectPermissionBase):
    """A permission on an agreement granted to a role of a party."""

    content_object = models.ForeignKey(Agreement, on_delete=models.CASCADE)


class AgreementParty(models.Model):
    """Whom the agreement binds: an organization, or a student (whose guardian signs beside them while they are a minor)."""

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="parties")
    organization = models.ForeignKey(
        Organization,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="party_in",
        verbose_name=_("organization"),
    )
    student = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="party_in", verbose_name=_("student")
    )
    shown_at = models.DateTimeField(_("shown"), null=True, blank=True)
    joined_at = models.DateTimeField(_("joined"), null=True, blank=True)
    left_at = models.DateTimeField(_("left"), null=True, blank=True)

    class Meta:
        verbose_name = _("party")
        verbose_name_plural = _("parties")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "organization"],
                name="agreement_party_unique",
                violation_error_message=_("An organization is party to an agreement once."),
            ),
            models.UniqueConstraint(
                fields=["agreement", "student"],
                name="agreement_party_unique_student",
                violation_error_message=_("A student is party to an agreement once."),
            ),
            models.CheckConstraint(
                condition=Q(organization=None, student__isnull=False) | Q(organization__isnull=False, student=None),
                name="agreement_party_is_one_of_two",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "agreement"], name="agreement_party_organization"),
        ]

    def __str__(self) -> str:
        return str(self.organization or self.student.user.name)  # type: ignore[union-attr]  # a constraint: one of the two
