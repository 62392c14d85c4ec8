"""Keys of REST clients."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.actor import Actor

from .memberships import Membership

SOON = timedelta(days=14)


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def visible_to(self, actor: Actor) -> ApiTokenQuerySet:
        """Those of the acting organization to who manages its members; everyone else sees their own."""
        if actor.is_system:
            return self
        if actor.may("manage_members"):
            return self.filter(membership__organization_id=actor.organization_id)
        return self.filter(membership__user_id=actor.user_id)


class ApiToken(models.Model):
    """The key of a REST client to one membership. Only its hash is stored."""

    class Scope(models.TextChoices):
        READ = "read", pgettext_lazy("token", "read")
        WRITE = "write", _("read and write")

    membership = models.ForeignKey(
        Membership, on_delete=models.PROTECT, related_name="tokens", verbose_name=_("membership")
    )
    name = models.CharField(_("name"), max_length=80)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scope = models.CharField(_("scope"), max_length=5, choices=Scope.choices, default=Scope.READ)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"))
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    last_address = models.GenericIPAddressField(_("last address"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def standing(self) -> str:
        """``revoked``, ``ended`` (its membership), ``expired``, ``expiring`` within two weeks, or ``valid``."""
        now = timezone.now()
        if self.revoked_at is not None:
            return "revoked"
        if not self.membership.is_current:
            return "ended"
        if self.expires_at <= now:
            return "expired"
        return "expiring" if self.expires_at <= now + SOON else "valid"
