"""Invitations by e-mail: to become a member, or to register an organization."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.accounts.models import User
from apps.core.actor import Actor

from .memberships import Membership
from .organizations import Organization, Role
from .units import Unit


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def visible_to(self, actor: Actor) -> InvitationQuerySet:
        """Those of the acting organization, to who manages its members."""
        if actor.is_system:
            return self
        return self.filter(organization_id=actor.organization_id) if actor.may("manage_members") else self.none()

    def open(self) -> InvitationQuerySet:
        return self.in_state(Invitation.State.OPEN)

    def in_state(self, state: Invitation.State) -> InvitationQuerySet:
        unanswered = Q(accepted_at=None, revoked_at=None)
        return self.filter(
            {
                Invitation.State.OPEN: unanswered & Q(expires_at__gt=timezone.now()),
                Invitation.State.ACCEPTED: Q(accepted_at__isnull=False),
                Invitation.State.EXPIRED: unanswered & Q(expires_at__lte=timezone.now()),
                Invitation.State.REVOKED: Q(accepted_at=None, revoked_at__isnull=False),
            }[state]
        )

    def addressed_to(self, user_id: int) -> InvitationQuerySet:
        """Those to an address that this person has shown to be theirs."""
        own = EmailAddress.objects.filter(user_id=user_id, verified=True, email__iexact=OuterRef("email"))
        return self.filter(Exists(own))


class Invitation(models.Model):
    """A key sent by e-mail, of which only the hash is stored; it opens once, to the holder of that address."""

    class Purpose(models.TextChoices):
        MEMBER = "member", _("become a member")
        ORGANIZATION = "organization", _("register an organization")

    class State(models.TextChoices):
        """Not stored: it follows from the dates."""

        OPEN = "open", pgettext_lazy("invitation", "open")
        ACCEPTED = "accepted", pgettext_lazy("invitation", "accepted")
        EXPIRED = "expired", pgettext_lazy("invitation", "expired")
        REVOKED = "revoked", pgettext_lazy("invitation", "revoked")

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="invitations", verbose_name=_("organization")
    )
    purpose = models.CharField(_("purpose"), max_length=15, choices=Purpose.choices, default=Purpose.MEMBER)
    email = models.EmailField(_("e-mail"))
    name = models.CharField(pgettext_lazy("person", "name"), max_length=100, blank=True)
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, blank=True)
    title = models.CharField(pgettext_lazy("person", "title"), max_length=80, blank=True)
    unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("unit")
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(
        Membership, on_delete=models.PROTECT, related_name="+", verbose_name=_("invited by"), null=True, blank=True
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"))
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    accepted_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("accepted by")
    )
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(purpose="organization") | ~Q(role=""), name="invitation_of_member_has_role"
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None, accepted_by=None)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False),
                name="invitation_accepted_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["organization", "-id"], name="invitation_organization")]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} {self.pk}"

    @property
    def state(self) -> State:
        if self.accepted_at is not None:
            return self.State.ACCEPTED
        if self.revoked_at is not None:
            return self.State.REVOKED
        return self.State.OPEN if self.expires_at > timezone.now() else self.State.EXPIRED

    def accept(self, user: User) -> None:
        self.accepted_at, self.accepted_by = timezone.now(), user
