"""A university's entry in the ministry's list, and its students."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor
from apps.organizations.models import Membership, Organization


class UniversityProfile(models.Model):
    """A university as the ministry lists it."""

    class Level(models.TextChoices):
        UNDERGRADUATE = "undergraduate", _("undergraduate")
        VOCATIONAL = "vocational", _("higher vocational")

    organization = models.OneToOneField(
        Organization, on_delete=models.PROTECT, primary_key=True, related_name="university"
    )
    level = models.CharField(_("level"), max_length=15, choices=Level.choices)
    department = models.CharField(_("supervising department"), max_length=60)
    remark = models.CharField(_("remark"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("university")
        verbose_name_plural = _("universities")

    def __str__(self) -> str:
        return str(self.organization)


class StudentProfileQuerySet(models.QuerySet["StudentProfile"]):
    def visible_to(self, actor: Actor) -> StudentProfileQuerySet:
        """A university's own, to who arranges placements there; a student's own to the student."""
        if actor.is_system:
            return self
        if actor.may("manage_placements"):
            return self.filter(membership__organization_id=actor.organization_id)
        return self.filter(membership_id=actor.membership_id) if actor.is_member else self.none()


class StudentProfile(models.Model):
    """What the university knows of a student: number, programme, year of entry."""

    membership = models.OneToOneField(Membership, on_delete=models.PROTECT, primary_key=True, related_name="student")
    student_number = models.CharField(_("student number"), max_length=30)
    programme = models.CharField(_("programme"), max_length=100)
    entry_year = models.PositiveSmallIntegerField(_("year of entry"))

    objects = StudentProfileQuerySet.as_manager()

    class Meta:
        verbose_name = _("student")
        verbose_name_plural = _("students")

    def __str__(self) -> str:
        return self.student_number
