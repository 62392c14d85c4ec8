"""The versions of an agreement: what each says, who signs it in which order, and who has."""

from __future__ import annotations

import hashlib
from typing import Any

import pghistory
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, FSMModelMixin, transition

from apps.core.actor import Actor
from apps.organizations.models import Membership, Organization

from ..terms import Terms
from .agreements import Agreement, AgreementParty, canonical
from .modes import ModeTemplate


class AgreementVersionQuerySet(models.QuerySet["AgreementVersion"]):
    def visible_to(self, actor: Actor) -> AgreementVersionQuerySet:
        """Of agreements that the actor sees: drafts to who drafts, the rest to who signs; what came into force also to the
        government of the region."""
        if actor.is_system:
            return self
        slots = Signer.objects.filter(version=OuterRef("pk"), removed_at=None)
        own = slots.filter(Q(party__organization_id=actor.organization_id) | Q(party__student_id=actor.membership_id))
        seen = Q(drafted_by_id=actor.organization_id) | (Q(submitted_at__isnull=False) & Q(Exists(own)))
        if actor.region_prefix is not None:
            in_region = slots.filter(party__organization__region__code__startswith=actor.region_prefix)
            seen |= Q(in_force_at__isnull=False) & Q(Exists(in_region))
        if not actor.may("view_agreements"):
            seen = Q(submitted_at__isnull=False) & Q(Exists(slots.filter(party__student_id=actor.membership_id)))
        return self.filter(seen, agreement__in=Agreement.objects.visible_to(actor)).exclude(
            ~Q(drafted_by_id=actor.organization_id), state=AgreementVersion.State.DRAFT
        )

    def open(self) -> AgreementVersionQuerySet:
        """Being drafted or signed: at most one an agreement."""
        return self.filter(state__in=AgreementVersion.OPEN)

    def asked_of(self, actor: Actor) -> AgreementVersionQuerySet:
        """That wait for a signature which the actor gives, now."""
        asked = Signer.objects.due().fillable_by(actor).filter(version=OuterRef("pk"))
        return self.filter(Exists(asked), state=AgreementVersion.State.AWAITING_SIGNATURES)

    def whole(self) -> AgreementVersionQuerySet:
        """With who signs and who has, in as many statements for one version as for many."""
        return self.select_related("agreement__mode").prefetch_related(
            "signers__party__organization",
            "signers__party__student__user",
            "signers__membership__user",
            "signers__deputy__user",
            "signers__signatures__membership__user",
        )


@pghistory.track(exclude=["terms"])
class AgreementVersion(FSMModelMixin, models.Model):
    """One text of an agreement on its way through the signing circuit: the original, an amendment, or a renewal.

    Only a draft changes. What was signed stays valid where a later change does not concern it: a signature names the hash of
    what its party was shown.
    """

    class Kind(models.TextChoices):
        ORIGINAL = "original", _("original")
        AMENDMENT = "amendment", _("amendment")
        RENEWAL = "renewal", _("renewal")

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        AWAITING_SIGNATURES = "awaiting_signatures", _("awaiting signatures")
        IN_FORCE = "in_force", _("in force")
        SUPERSEDED = "superseded", _("superseded")
        REFUSED = "refused", _("refused")
        WITHDRAWN = "withdrawn", _("withdrawn")
        LAPSED = "lapsed", _("not signed in time")

    OPEN = (State.DRAFT, State.AWAITING_SIGNATURES)

    agreement = models.ForeignKey(
        Agreement, on_delete=models.PROTECT, related_name="versions", verbose_name=_("agreement")
    )
    number = models.PositiveIntegerField(_("version"), default=1)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.ORIGINAL)
    state = FSMField(_("state"), max_length=20, choices=State.choices, default=State.DRAFT, protected=True)
    template = models.ForeignKey(
        ModeTemplate,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="agreement_versions",
        verbose_name=_("template"),
        help_text=_("The version of the mode's text from which the draft started."),
    )
    terms = models.JSONField(_("terms"), help_text=_("What the parties agree on."))
    revision = models.PositiveIntegerField(_("revision"), default=1)
    note = models.TextField(_("what changes and why"), blank=True)
    drafted_by = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", verbose_name=_("drafted by")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True)
    sign_until = models.DateField(
        _("to be signed by"), help_text=_("The last day to sign; what is not signed by then is void.")
    )
    in_force_at = models.DateTimeField(_("signed by all"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    reason = models.TextField(_("reason"), blank=True, help_text=_("Why it was sent back, refused or withdrawn."))

    objects = AgreementVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of an agreement")
        verbose_name_plural = _("versions of agreements")
        ordering = ["agreement", "number"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "number"], name="agreement_version_unique_number"),
            models.UniqueConstraint(
                fields=["agreement"],
                condition=Q(state__in=["draft", "awaiting_signatures"]),
                name="agreement_version_one_open",
                violation_error_message=_("Another version of this agreement is being drafted or signed."),
            ),
            models.UniqueConstraint(
                fields=["agreement"], condition=Q(state="in_force"), name="agreement_version_one_in_force"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "withdrawn"]) | Q(submitted_at__isnull=False),
                name="agreement_version_submitted_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["in_force", "superseded"]) | Q(in_force_at__isnull=False),
                name="agreement_version_in_force_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["refused", "withdrawn"]) | (Q(closed_at__isnull=False) & ~Q(reason="")),
                name="agreement_version_closed_has_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["sign_until"], condition=Q(state="awaiting_signatures"), name="agreement_version_awaiting"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agreement.number}/{self.number}"

    @property
    def said(self) -> Terms:
        """Its terms as a value."""
        return Terms.load(self.terms)

    def document(self, party: int | None = None) -> dict[str, Any]:
        """What is shown and signed, by all or by one party (its id): the terms, and whose signatures there will be."""
        return self.said.document(party) | {
            "agreement": self.agreement_id,
            "version": self.number,
            "kind": self.kind,
            "mode": self.agreement.mode_id,
            "framework": self.agreement.framework_id,
            "signers": sorted([signer.party_id, signer.capacity, signer.order] for signer in self.circuit),
        }

    def hash_for(self, party: int | None = None) -> str:
        """SHA-256 (hex) of the document as canonical JSON."""
        return hashlib.sha256(canonical(self.document(party))).hexdigest()

    @property
    def content_hash(self) -> str:
        return self.hash_for()

    @property
    def circuit(self) -> list[Signer]:
        """Who signs, in order. Fetch the version ``whole()``."""
        return [signer for signer in self.signers.all() if signer.removed_at is None]

    def waiting(self) -> list[Signer]:
        """Whose turn it is: without a signature, and nobody before them in the order is. Fetch the version ``whole()``."""
        missing = [signer for signer in self.circuit if signer.standing is None]
        first = min((signer.order for signer in missing), default=0)
        return [signer for signer in missing if signer.order == first]

    @transition(state, source=State.DRAFT, target=State.AWAITING_SIGNATURES)
    def submit(self) -> None:
        self.submitted_at = timezone.now()
        self.reason = ""

    @transition(state, source=State.AWAITING_SIGNATURES, target=State.DRAFT)
    def take_back(self, reason: str) -> None:
        """To be changed: recalled by who drafted it, or sent back by who should sign. What follows was shown to nobody."""
        self.submitted_at = None
        self.reason = reason
        self.revision += 1

    @transition(state, source=State.AWAITING_SIGNATURES, target=State.REFUSED)
    def refuse(self, reason: str) -> None:
        self.closed_at, self.reason = timezone.now(), reason

    @transition(state, source=OPEN, target=State.WITHDRAWN)
    def withdraw(self, reason: str) -> None:
        self.closed_at, self.reason = timezone.now(), reason

    @transition(state, source=State.AWAITING_SIGNATURES, target=State.LAPSED)
    def lapse(self) -> None:
        self.closed_at = timezone.now()

    @transition(state, source=State.AWAITING_SIGNATURES, target=State.IN_FORCE)
    def come_into_force(self) -> None:
        self.in_force_at = timezone.now()

    @transition(state, source=State.IN_FORCE, target=State.SUPERSEDED)
    def supersede(self) -> None:
        self.closed_at = timezone.now()


class AgreementFile(models.Model):
    """A file of an agreement: an attachment to its text, or the scan of a signature on paper. Never changed."""

    append_only = True

    agreement = models.ForeignKey(
        Agreement, on_delete=models.PROTECT, related_name="files", verbose_name=_("agreement")
    )
    file = models.FileField(_("file"), upload_to="agreements/files/", max_length=200)
    name = models.CharField(_("file name"), max_length=150)
    sha256 = models.CharField(max_length=64)
    added_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+", verbose_name=_("added by"))
    added_at = models.DateTimeField(_("added"), auto_now_add=True)

    class Meta:
        verbose_name = _("file of an agreement")
        verbose_name_plural = _("files of agreements")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class SignerQuerySet(models.QuerySet["Signer"]):
    def missing(self) -> SignerQuerySet:
        """Who has not signed; one whose paper waits to be confirmed has."""
        standing = Signature.objects.filter(signer=OuterRef("pk"), voided_at=None)
        return self.filter(~Exists(standing), removed_at=None)

    def due(self) -> SignerQuerySet:
        """Whose turn it is: nobody before them is missing, and the version waits for signatures."""
        before = Signer.objects.missing().filter(version=OuterRef("version"), order__lt=OuterRef("order"))
        return self.missing().filter(~Exists(before), version__state=AgreementVersion.State.AWAITING_SIGNATURES)

    def fillable_by(self, actor: Actor) -> SignerQuerySet:
        """Those in whose place the actor signs (``policies.may_fill``)."""
        if not actor.is_member:
            return self.none()
        own = Q(party__student=actor.membership_id, capacity=Signer.Capacity.STUDENT)
        if actor.may("sign_agreements"):
            named = Q(membership=None) | Q(membership=actor.membership_id) | Q(deputy=actor.membership_id)
            own |= named & Q(party__organization=actor.organization_id, email="")
        return self.filter(own)


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent(), exclude=["name", "email"])
class Signer(models.Model):
    """One signature that a version needs: for which party, in which capacity and turn, and by whom.

    By a member (or their deputy); by somebody without an account, through a one-time link to their mailbox; by whoever may sign
    for the party when nobody is named.
    """

    class Capacity(models.TextChoices):
        AUTHORISED = "authorised", _("authorised representative")
        LEGAL = "legal", _("legal representative")
        STUDENT = "student", _("student")
        GUARDIAN = "guardian", _("guardian")

    version = models.ForeignKey(
        AgreementVersion, on_delete=models.CASCADE, related_name="signers", verbose_name=_("version")
    )
    party = models.ForeignKey(AgreementParty, on_delete=models.PROTECT, related_name="signers", verbose_name=_("party"))
    capacity = models.CharField(_("signs as"), max_length=10, choices=Capacity.choices, default=Capacity.AUTHORISED)
    order = models.PositiveSmallIntegerField(
        _("turn"),
        default=1,
        help_text=_("Signers of the same turn sign in any order; a later turn waits for the earlier."),
    )
    membership = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="signs", verbose_name=_("signer")
    )
    deputy = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("deputy")
    )
    name = models.CharField(
        _("name of the signer"), max_length=100, blank=True, help_text=_("Of somebody without an account.")
    )
    email = models.EmailField(_("e-mail"), blank=True, help_text=_("Where the link to sign goes."))
    removed_at = models.DateTimeField(_("removed"), null=True, blank=True)

    objects = SignerQuerySet.as_manager()

    class Meta:
        verbose_name = _("signer")
        verbose_name_plural = _("signers")
        ordering = ["order", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(email="") | (Q(membership=None, deputy=None) & ~Q(name="")),
                name="signer_by_link_has_name_and_no_account",
                violation_error_message=_("Name the signer, and either a member or an e-mail address."),
            ),
        ]
        indexes = [models.Index(fields=["membership"], condition=Q(membership__isnull=False), name="signer_membership")]

    def __str__(self) -> str:
        return f"{self.party} · {self.get_capacity_display()}"

    @property
    def who(self) -> str:
        """Name of the person, when one is named."""
        return self.membership.user.name if self.membership else self.name

    @property
    def standing(self) -> Signature | None:
        """The signature that was given and not voided."""
        return next((signature for signature in self.signatures.all() if signature.voided_at is None), None)

    @property
    def is_done(self) -> bool:
        """Signed, and where it was on paper, confirmed by another party."""
        return self.standing is not None and self.standing.counts


@pghistory.track(exclude=["name", "address", "agent", "salt"])
class Signature(models.Model):
    """Who signed, for whom, by what authority, how it was proved, when, and the hash of what was shown.

    ``evidence`` is a salted hash of name, address and agent: the chain keeps it when these are erased one day.
    """

    class Method(models.TextChoices):
        BROWSER = "browser", _("in the portal")
        LINK = "link", _("by a one-time link")
        PAPER = "paper", _("on paper")

    class Authority(models.TextChoices):
        OWN = "own", _("for themselves")
        ROLE = "role", _("by their role in the organization")
        NAMED = "named", _("named by the party")
        DEPUTY = "deputy", _("as deputy")

    signer = models.ForeignKey(Signer, on_delete=models.PROTECT, related_name="signatures", verbose_name=_("signer"))
    membership = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="signatures",
        verbose_name=_("signed by"),
    )
    name = models.CharField(_("name"), max_length=100)
    content_hash = models.CharField(_("hash of the content"), max_length=64)
    method = models.CharField(_("how"), max_length=8, choices=Method.choices, default=Method.BROWSER)
    authority = models.CharField(_("authority"), max_length=8, choices=Authority.choices)
    factor = models.CharField(_("second factor"), max_length=20, blank=True)
    signed_at = models.DateTimeField(_("signed"), default=timezone.now)
    signed_on = models.DateField(_("day of the signature"))
    address = models.GenericIPAddressField(_("address"), null=True, blank=True)
    agent = models.CharField(_("browser"), max_length=300, blank=True)
    salt = models.CharField(max_length=32)
    evidence = models.CharField(_("hash of the evidence"), max_length=64)
    scan = models.ForeignKey(
        AgreementFile, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("scan")
    )
    confirmed_by = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("confirmed by")
    )
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    voided_at = models.DateTimeField(_("voided"), null=True, blank=True)
    void_reason = models.CharField(_("why it is void"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["signer"], condition=Q(voided_at=None), name="signature_one_standing"),
            models.CheckConstraint(
                condition=~Q(method="paper") | Q(scan__isnull=False), name="signature_on_paper_has_scan"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.signer_id} {self.content_hash[:12]}"

    @property
    def counts(self) -> bool:
        """Whether nothing is missing: one on paper counts once another party has confirmed it."""
        return self.voided_at is None and (self.method != self.Method.PAPER or self.confirmed_at is not None)

    def computed_evidence(self) -> str:
        """SHA-256 (hex) of salt, name, address and agent."""
        return hashlib.sha256(canonical([self.salt, self.name, self.address or "", self.agent])).hexdigest()


class SigningLink(models.Model):
    """A key to sign once without an account, bound to what was shown; of the key only the SHA-256 (hex) is stored."""

    signer = models.ForeignKey(Signer, on_delete=models.CASCADE, related_name="links", verbose_name=_("signer"))
    digest = models.CharField(max_length=64, unique=True, editable=False)
    content_hash = models.CharField(_("hash of the content"), max_length=64)
    created_at = models.DateTimeField(_("sent"), default=timezone.now)
    expires_at = models.DateTimeField(_("expires"))
    used_at = models.DateTimeField(_("used"), null=True, blank=True)

    class Meta:
        verbose_name = _("link to sign")
        verbose_name_plural = _("links to sign")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_open(self) -> bool:
        return self.used_at is None and self.expires_at > timezone.now()
