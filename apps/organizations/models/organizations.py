"""Organizations, and what their roles and people may do there."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from apps.core.actor import Actor

from .regions import Region


class OrganizationQuerySet(models.QuerySet["Organization"]):
    def visible_to(self, actor: Actor) -> OrganizationQuerySet:
        """Organizations are listed to every member, for whom to sign with has to be found, and to the platform's staff."""
        if actor.is_system or actor.is_member or actor.is_staff:
            return self
        return self.none()

    def matching(self, text: str) -> OrganizationQuerySet:
        """Those whose name, in either language, or code holds every word of ``text``."""
        found = self
        for word in text.split():
            found = found.filter(Q(name__icontains=word) | Q(name_en__icontains=word) | Q(code__istartswith=word))
        return found


@pghistory.track()
class Organization(models.Model):
    """A party that is not a person. While it is suspended none of its memberships opens anything."""

    class Kind(models.TextChoices):
        UNIVERSITY = "university", _("university")
        ENTERPRISE = "enterprise", _("enterprise")
        GOVERNMENT = "government", _("government body")
        VOCATIONAL_GROUP = "vocational_group", _("vocational education group")
        ASSOCIATION = "association", _("industry association")
        RESEARCH_INSTITUTE = "research_institute", _("research institute")
        FUNDER = "funder", _("funder")

    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    code = models.CharField(
        _("code"),
        max_length=20,
        unique=True,
        help_text=_("The ministry's code of a university, the unified social credit code of others."),
    )
    name = models.CharField(_("name"), max_length=150)
    name_en = models.CharField(_("name in English"), max_length=200, blank=True)
    country = models.CharField(_("country"), max_length=2, default="CN", validators=[RegexValidator(r"^[A-Z]{2}$")])
    region = models.ForeignKey(
        Region,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="organizations",
        verbose_name=_("region"),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    suspended_at = models.DateTimeField(_("suspended"), null=True, blank=True)
    suspension_reason = models.TextField(_("reason for the suspension"), blank=True)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")
        ordering = ["name", "pk"]
        indexes = [models.Index(fields=["kind", "name"], name="organization_kind_name")]
        constraints = [
            models.CheckConstraint(
                condition=Q(suspended_at=None) | ~Q(suspension_reason=""), name="organization_suspended_has_reason"
            )
        ]
        permissions = [
            ("manage_members", _("Can manage members")),
            ("view_agreements", _("Can see agreements")),
            ("manage_agreements", _("Can draft and end agreements")),
            ("sign_agreements", _("Can sign agreements")),
            ("manage_bases", _("Can manage bases and intakes")),
            ("review_applications", _("Can decide on applications")),
            ("manage_placements", _("Can arrange placements")),
            ("manage_evaluations", _("Can manage evaluation schemes")),
            ("view_reports", _("Can see reports")),
        ]

    def __str__(self) -> str:
        return self.local_name

    @property
    def local_name(self) -> str:
        """The name in the reader's language, as far as there is one."""
        if self.name_en and not (get_language() or "").startswith("zh"):
            return self.name_en
        return self.name

    @property
    def is_international(self) -> bool:
        return self.country != settings.HOME_COUNTRY


class PersonalGrant(UserObjectPermissionBase):
    """A permission on one object granted to a person in one membership; their other memberships know nothing of it."""

    membership = models.ForeignKey("organizations.Membership", on_delete=models.PROTECT, related_name="+")

    class Meta(UserObjectPermissionBase.Meta):
        abstract = True
        unique_together = [["membership", "permission", "content_object"]]


@pghistory.track(pghistory.InsertEvent(), pghistory.DeleteEvent())
class OrganizationUserObjectPermission(PersonalGrant):
    """A permission on an organization granted to one person."""

    content_object = models.ForeignKey(Organization, on_delete=models.CASCADE)


@pghistory.track(pghistory.InsertEvent(), pghistory.DeleteEvent())
class OrganizationGroupObjectPermission(GroupObjectPermissionBase):
    """A permission on an organization granted to a role."""

    content_object = models.ForeignKey(Organization, on_delete=models.CASCADE)


class Role(models.TextChoices):
    ADMINISTRATOR = "administrator", _("administrator")
    COORDINATOR = "coordinator", _("coordinator")
    TUTOR = "tutor", _("tutor")
    STUDENT = "student", _("student")
    OBSERVER = "observer", _("observer")


class RoleGroup(models.Model):
    """The Django group of one role in one organization; guardian's grants hang on it."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="role_groups")
    role = models.CharField(max_length=20, choices=Role.choices)
    group = models.OneToOneField(Group, on_delete=models.CASCADE, related_name="role_group")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "role"], name="role_group_unique")]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.role}"
