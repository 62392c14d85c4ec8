"""Member organizations of vocational education groups."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.organizations.models import Organization


class GroupMember(models.Model):
    """An organization in a vocational education group; the membership is ended, not deleted."""

    group = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="group_members", verbose_name=_("group")
    )
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="in_groups", verbose_name=_("organization")
    )
    joined_on = models.DateField(_("joined"), default=timezone.localdate)
    left_on = models.DateField(_("left"), null=True, blank=True)

    class Meta:
        verbose_name = _("group member")
        verbose_name_plural = _("group members")
        constraints = [
            models.UniqueConstraint(
                fields=["group", "organization"],
                condition=Q(left_on=None),
                name="group_member_unique_current",
                violation_error_message=_("This organization belongs to the group already."),
            ),
            models.CheckConstraint(condition=~Q(group=F("organization")), name="group_member_not_itself"),
        ]

    def __str__(self) -> str:
        return str(self.organization)
