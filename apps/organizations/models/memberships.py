"""Who belongs to which organization, as what."""

from __future__ import annotations

from typing import Any

import pghistory
from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.actor import Actor

from .organizations import (
    Organization,
    OrganizationGroupObjectPermission,
    OrganizationUserObjectPermission,
    Role,
)
from .units import Unit


class MembershipQuerySet(models.QuerySet["Membership"]):
    def visible_to(self, actor: Actor) -> MembershipQuerySet:
        """Those of the acting organization to who manages them; everyone else sees their own."""
        if actor.is_system:
            return self
        if actor.may("manage_members") or actor.may("manage_placements"):
            return self.filter(organization_id=actor.organization_id)
        return self.filter(user_id=actor.user_id)

    def current(self) -> MembershipQuerySet:
        return self.filter(ended_at=None, user__is_active=True, organization__suspended_at=None)

    def holding(self, codename: str) -> MembershipQuerySet:
        """Current memberships that hold this permission on their organization, by their role or personally."""
        by_role = OrganizationGroupObjectPermission.objects.filter(
            content_object=OuterRef("organization_id"),
            group__role_group__organization=OuterRef("organization_id"),
            group__role_group__role=OuterRef("role"),
            permission__codename=codename,
        )
        return self.current().filter(Exists(by_role) | Q(pk__in=self.holding_personally(codename)))

    @staticmethod
    def holding_personally(codename: str) -> models.QuerySet[Any, Any]:
        """The keys of memberships to which this permission was granted on their organization, beside their role."""
        granted = OrganizationUserObjectPermission.objects.filter(permission__codename=codename)
        return granted.values("membership")

    def with_permissions(self) -> MembershipQuerySet:
        """Adds ``codenames``: the guardian permissions on the organization of the role's group and of this membership."""
        by_role = OrganizationGroupObjectPermission.objects.filter(
            content_object=OuterRef("organization_id"),
            group__role_group__organization=OuterRef("organization_id"),
            group__role_group__role=OuterRef("role"),
        ).values("permission__codename")
        by_person = OrganizationUserObjectPermission.objects.filter(
            content_object=OuterRef("organization_id"), membership=OuterRef("pk")
        ).values("permission__codename")
        return self.annotate(codenames=ArraySubquery(by_role.union(by_person)))


@pghistory.track()
class Membership(models.Model):
    """A person in an organization in one role. It is ended, never deleted: history keeps the name."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="memberships",
        verbose_name=_("person"),
    )
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("organization")
    )
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    title = models.CharField(
        pgettext_lazy("person", "title"), max_length=80, blank=True, help_text=_("Post or academic title")
    )
    unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="memberships", verbose_name=_("unit")
    )
    started_at = models.DateTimeField(_("since"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organization", "role"],
                condition=Q(ended_at=None),
                name="membership_unique_current",
                violation_error_message=_("This person has this role in the organization already."),
            )
        ]
        indexes = [models.Index(fields=["organization", "role"], name="membership_organization_role")]

    def __str__(self) -> str:
        return self.user.name

    @property
    def is_current(self) -> bool:
        return self.ended_at is None
