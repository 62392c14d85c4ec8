"""Who was shown what is otherwise masked."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor


class DisclosureQuerySet(models.QuerySet["Disclosure"]):
    def visible_to(self, actor: Actor) -> DisclosureQuerySet:
        """To the person it is about; to the administrators of the viewer's organization; to the platform's staff."""
        if actor.is_system or actor.is_staff:
            return self
        seen = Q(subject_id=actor.user_id)
        if actor.is_member and actor.may("manage_members"):
            seen |= Q(organization_id=actor.organization_id)
        return self.filter(seen)


class Disclosure(models.Model):
    """Somebody looked at something about a person that is shown only for a reason."""

    subject = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="disclosures", verbose_name=_("person")
    )
    viewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("seen by")
    )
    membership_id = models.PositiveBigIntegerField(default=0)
    organization_id = models.PositiveBigIntegerField(default=0)
    what = models.CharField(_("what"), max_length=100)
    reason = models.CharField(_("reason"), max_length=500)
    seen_at = models.DateTimeField(_("when"), default=timezone.now)

    objects = DisclosureQuerySet.as_manager()

    class Meta:
        verbose_name = _("disclosure")
        verbose_name_plural = _("disclosures")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["subject", "-id"], name="disclosure_subject"),
            models.Index(fields=["organization_id", "-id"], name="disclosure_organization"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
