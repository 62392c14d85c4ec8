"""Regions, organizations, memberships and the keys to them."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.postgres.expressions import ArraySubquery
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from apps.core.actor import Actor


class Region(models.Model):
    """An administrative division by its code of GB/T 2260; the digits of a code name its parents."""

    class Level(models.IntegerChoices):
        PROVINCE = 1, _("province")
        PREFECTURE = 2, _("prefecture")
        COUNTY = 3, _("county")

    code = models.CharField(_("code"), max_length=6, primary_key=True, validators=[RegexValidator(r"^\d{6}$")])
    name = models.CharField(_("name"), max_length=60)
    level = models.PositiveSmallIntegerField(_("level"), choices=Level.choices)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("parent"),
    )

    class Meta:
        verbose_name = _("region")
        verbose_name_plural = _("regions")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name

    @property
    def prefix(self) -> str:
        """The leading digits that all regions below share: 2 for a province, 4 for a prefecture, 6 for a county."""
        return self.code[: 2 * self.level]


class OrganizationQuerySet(models.QuerySet["Organization"]):
    def visible_to(self, actor: Actor) -> OrganizationQuerySet:
        """Organizations are listed to every member: whom to sign with has to be found."""
        if actor.is_system or actor.is_member:
            return self
        return self.none()

    def matching(self, text: str) -> OrganizationQuerySet:
        """Those whose name, in either language, or code holds every word of ``text``."""
        found = self
        for word in text.split():
            found = found.filter(Q(name__icontains=word) | Q(name_en__icontains=word) | Q(code__istartswith=word))
        return found


class Organization(models.Model):
    """A party that is not a person."""

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

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")
        ordering = ["name", "pk"]
        indexes = [models.Index(fields=["kind", "name"], name="organization_kind_name")]
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


class OrganizationUserObjectPermission(UserObjectPermissionBase):
    """A permission on an organization granted to one person."""

    content_object = models.ForeignKey(Organization, on_delete=models.CASCADE)


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


class MembershipQuerySet(models.QuerySet["Membership"]):
    def visible_to(self, actor: Actor) -> MembershipQuerySet:
        """Those of the acting organization to who manages them; everyone else sees their own."""
        if actor.is_system:
            return self
        if actor.may("manage_members") or actor.may("manage_placements"):
            return self.filter(organization_id=actor.organization_id)
        return self.filter(user_id=actor.user_id)

    def current(self) -> MembershipQuerySet:
        return self.filter(ended_at=None, user__is_active=True)

    def holding(self, codename: str) -> MembershipQuerySet:
        """Current memberships whose role grants this permission on their organization."""
        return self.current().filter(
            Exists(
                OrganizationGroupObjectPermission.objects.filter(
                    content_object=OuterRef("organization_id"),
                    group__role_group__role=OuterRef("role"),
                    permission__codename=codename,
                )
            )
        )

    def with_permissions(self) -> MembershipQuerySet:
        """Adds ``codenames``: the guardian permissions that the role's group or the person holds on the organization."""
        by_role = OrganizationGroupObjectPermission.objects.filter(
            content_object=OuterRef("organization_id"),
            group__role_group__organization=OuterRef("organization_id"),
            group__role_group__role=OuterRef("role"),
        ).values("permission__codename")
        by_person = OrganizationUserObjectPermission.objects.filter(
            content_object=OuterRef("organization_id"), user=OuterRef("user_id")
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
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name
