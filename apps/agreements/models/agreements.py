"""Agreements, their parties and signatures."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any

import pghistory
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, FSMModelMixin, transition
from guardian.models import GroupObjectPermissionBase

from apps.core.actor import Actor
from apps.organizations.models import Membership, Organization, PersonalGrant

from .modes import Mode, ModeTemplate


def canonical(value: Any) -> bytes:
    """The one way to write a value down: JSON with sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


class AgreementQuerySet(models.QuerySet["Agreement"]):
    def visible_to(self, actor: Actor) -> AgreementQuerySet:
        """To the parties (drafts to the drafting one); to a government body, also those signed in its region."""
        if actor.is_system:
            return self
        if not actor.may("view_agreements"):
            return self.none()
        own = AgreementParty.objects.filter(agreement=OuterRef("pk"), organization_id=actor.organization_id)
        seen = Q(drafted_by_id=actor.organization_id) | (~Q(state=Agreement.State.DRAFT) & Q(Exists(own)))
        if actor.region_prefix is not None:
            in_region = AgreementParty.objects.filter(
                agreement=OuterRef("pk"), organization__region__code__startswith=actor.region_prefix
            )
            seen |= Q(in_force_at__isnull=False) & Q(Exists(in_region))
        return self.filter(seen)

    def whole(self) -> AgreementQuerySet:
        """With all that is signed and who signed it, in as many statements for one agreement as for many."""
        return self.prefetch_related(
            "parties__organization", "parties__signature", "parties__share", "obligations__party__organization"
        )

    def in_force_on(self, day: date) -> AgreementQuerySet:
        """Signed by all, not terminated, and ``day`` lies between start and end (both included)."""
        return self.filter(state=Agreement.State.IN_FORCE, starts_on__lte=day, ends_on__gte=day)

    def with_party(self, organization_id: int) -> AgreementQuerySet:
        return self.filter(
            Exists(AgreementParty.objects.filter(agreement=OuterRef("pk"), organization_id=organization_id))
        )

    def awaiting_signature_of(self, organization_id: int) -> AgreementQuerySet:
        """Submitted, and this party has not signed yet."""
        return self.filter(
            Exists(
                AgreementParty.objects.filter(agreement=OuterRef("pk"), organization_id=organization_id, signature=None)
            ),
            state=Agreement.State.AWAITING_SIGNATURES,
        )


@pghistory.track()
class Agreement(FSMModelMixin, models.Model):
    """A contract between two or more organizations."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        AWAITING_SIGNATURES = "awaiting_signatures", _("awaiting signatures")
        IN_FORCE = "in_force", _("in force")
        TERMINATED = "terminated", _("terminated")

    title = models.CharField(_("title"), max_length=150)
    mode = models.ForeignKey(
        Mode, on_delete=models.PROTECT, related_name="agreements", verbose_name=_("cooperation mode")
    )
    template = models.ForeignKey(
        ModeTemplate,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="agreements",
        verbose_name=_("template"),
        help_text=_("The version of the mode's text from which the draft started."),
    )
    content = models.TextField(
        _("content"), help_text=_("Rights, obligations and responsibilities of each party, clause by clause.")
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    drafted_by = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", verbose_name=_("drafted by")
    )
    state = FSMField(_("state"), max_length=20, choices=State.choices, default=State.DRAFT, protected=True)
    version = models.PositiveIntegerField(_("version"), default=1)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True)
    in_force_at = models.DateTimeField(_("signed by all"), null=True, blank=True)
    terminated_at = models.DateTimeField(_("terminated"), null=True, blank=True)
    termination_reason = models.TextField(_("reason for termination"), blank=True)
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
                condition=Q(state="draft") | Q(submitted_at__isnull=False),
                name="agreement_submitted_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="in_force") | Q(in_force_at__isnull=False),
                name="agreement_in_force_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="terminated") | (Q(terminated_at__isnull=False) & ~Q(termination_reason="")),
                name="agreement_terminated_has_reason",
            ),
        ]
        indexes = [models.Index(fields=["drafted_by", "-id"], name="agreement_drafted_by")]

    def __str__(self) -> str:
        return self.title

    @property
    def number(self) -> str:
        return f"AG-{self.pk:06d}"

    @property
    def document(self) -> dict[str, Any]:
        """What is signed: parties, shares, obligations, dates, mode, title, content. Fetch the agreement ``whole()``."""
        return {
            "agreement": self.pk,
            "version": self.version,
            "title": self.title,
            "mode": self.mode_id,
            "content": self.content,
            "starts_on": self.starts_on.isoformat(),
            "ends_on": self.ends_on.isoformat(),
            "parties": sorted(party.organization_id for party in self.parties.all()),
            "shares": sorted(
                [party.organization_id, str(party.share.benefit), str(party.share.risk)]
                for party in self.parties.all()
                if hasattr(party, "share")
            ),
            "obligations": sorted(
                [
                    duty.party.organization_id,
                    duty.kind,
                    duty.text,
                    str(duty.quantity),
                    duty.unit,
                    duty.due_on.isoformat(),
                ]
                for duty in self.obligations.all()
            ),
        }

    @property
    def content_hash(self) -> str:
        """SHA-256 (hex) of the document, as canonical JSON."""
        return hashlib.sha256(canonical(self.document)).hexdigest()

    @transition(state, source=State.DRAFT, target=State.AWAITING_SIGNATURES)
    def submit(self) -> None:
        self.submitted_at = timezone.now()

    @transition(state, source=State.AWAITING_SIGNATURES, target=State.IN_FORCE)
    def come_into_force(self) -> None:
        self.in_force_at = timezone.now()

    @transition(state, source=[State.AWAITING_SIGNATURES, State.IN_FORCE], target=State.TERMINATED)
    def terminate(self, reason: str) -> None:
        self.terminated_at = timezone.now()
        self.termination_reason = reason


class AgreementUserObjectPermission(PersonalGrant):
    """A permission on an agreement granted to one person."""

    content_object = models.ForeignKey(Agreement, on_delete=models.CASCADE)


class AgreementGroupObjectPermission(GroupObjectPermissionBase):
    """A permission on an agreement granted to a role of a party."""

    content_object = models.ForeignKey(Agreement, on_delete=models.CASCADE)


class AgreementParty(models.Model):
    """An organization that the agreement binds."""

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="parties")
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="party_in", verbose_name=_("organization")
    )

    class Meta:
        verbose_name = _("party")
        verbose_name_plural = _("parties")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "organization"],
                name="agreement_party_unique",
                violation_error_message=_("An organization is party to an agreement once."),
            )
        ]
        indexes = [models.Index(fields=["organization", "agreement"], name="agreement_party_organization")]

    def __str__(self) -> str:
        return str(self.organization)


@pghistory.track()
class Signature(models.Model):
    """One party's signature: who signed, as what, when, and the hash of what was shown. Never changed."""

    party = models.OneToOneField(AgreementParty, on_delete=models.PROTECT, related_name="signature")
    signer = models.ForeignKey(
        Membership, on_delete=models.PROTECT, related_name="signatures", verbose_name=_("signer")
    )
    content_hash = models.CharField(_("hash of the content"), max_length=64)
    signed_at = models.DateTimeField(_("signed"), default=timezone.now)

    class Meta:
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")

    def __str__(self) -> str:
        return f"{self.party_id} {self.content_hash[:12]}"
