"""What happened to accounts and data that no history of a row tells: sign-ins, factors, tokens, exports."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor


class SecurityEventQuerySet(models.QuerySet["SecurityEvent"]):
    def visible_to(self, actor: Actor) -> SecurityEventQuerySet:
        """A person's own; to who manages members, also what was done in the name of the acting organization."""
        if actor.is_system:
            return self
        if not actor.is_person:
            return self.none()
        seen = Q(user_id=actor.user_id)
        if actor.may("manage_members"):
            seen |= Q(organization=actor.organization_id)
        return self.filter(seen)


class SecurityEvent(models.Model):
    """One act, recorded as it happened. The portal's role in the database adds rows and changes none."""

    append_only = True

    class Kind(models.TextChoices):
        SIGNED_IN = "signed_in", _("signed in")
        SIGN_IN_FAILED = "sign_in_failed", _("sign-in failed")
        SIGNED_OUT = "signed_out", _("signed out")
        FACTOR_ADDED = "factor_added", _("second factor added")
        FACTOR_REMOVED = "factor_removed", _("second factor removed")
        FACTOR_RESET = "factor_reset", _("recovery codes made anew")
        FACTOR_FAILED = "factor_failed", _("wrong code")
        PASSWORD_CHANGED = "password_changed", _("password changed")
        PASSWORD_RESET = "password_reset", _("password set by mail")
        TOKEN_CREATED = "token_created", _("API token created")
        TOKEN_REVOKED = "token_revoked", _("API token revoked")
        EXPORTED = "exported", _("report downloaded")

    kind = models.CharField(_("what"), max_length=20, choices=Kind.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="security_events",
        verbose_name=_("person"),
    )
    # Ids alone: organizations stand on a floor above.
    membership = models.BigIntegerField(_("membership"), null=True, blank=True)
    organization = models.BigIntegerField(_("organization"), null=True, blank=True)
    address = models.GenericIPAddressField(_("address"), null=True, blank=True)
    about = models.JSONField(_("about"), default=dict, help_text=_("Ids and short words, no personal data."))
    at = models.DateTimeField(_("when"), default=timezone.now)

    objects = SecurityEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("security event")
        verbose_name_plural = _("security events")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["user", "-id"], name="security_event_user"),
            models.Index(
                fields=["organization", "-id"],
                name="security_event_organization",
                condition=Q(organization__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"
