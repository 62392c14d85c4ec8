"""Where the people of an organization sign in, when not here."""

from __future__ import annotations

import pghistory
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor

from .organizations import Organization, Role


class IdentityProviderQuerySet(models.QuerySet["IdentityProvider"]):
    def visible_to(self, actor: Actor) -> IdentityProviderQuerySet:
        """Those of the acting organization, to who manages its members; all of them to platform staff."""
        if actor.is_system or actor.is_staff:
            return self
        return self.filter(organization_id=actor.organization_id) if actor.may("manage_members") else self.none()


@pghistory.track(exclude=["client_secret"])
class IdentityProvider(models.Model):
    """An OpenID Connect provider of one organization; it may vouch for addresses of its domain and no others."""

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="identity_providers", verbose_name=_("organization")
    )
    domain = models.CharField(
        _("e-mail domain"),
        max_length=100,
        unique=True,
        validators=[RegexValidator(r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")],
        help_text=_("People with addresses of this domain sign in there."),
    )
    issuer = models.URLField(
        _("issuer"), help_text=_("The address under which /.well-known/openid-configuration is found.")
    )
    client_id = models.CharField(_("client id"), max_length=200)
    client_secret = models.BinaryField(_("client secret"), editable=False)
    default_role = models.CharField(
        _("role of newcomers"),
        max_length=20,
        choices=[(Role.STUDENT.value, Role.STUDENT.label), (Role.TUTOR.value, Role.TUTOR.label)],
        blank=True,
        help_text=_("Who signs in for the first time becomes a member in this role; nobody does when it is empty."),
    )
    is_active = models.BooleanField(_("in use"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = IdentityProviderQuerySet.as_manager()

    class Meta:
        verbose_name = _("identity provider")
        verbose_name_plural = _("identity providers")
        ordering = ["domain"]

    def __str__(self) -> str:
        return self.domain
