"""Keys of REST clients."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .memberships import Membership


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

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name
