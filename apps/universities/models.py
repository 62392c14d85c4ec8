"""A university's entry in the ministry's list, its programmes and classes, its students and teachers, and their import."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor
from apps.core.encryption import decrypt, encrypt
from apps.jobs.models import JobRun
from apps.organizations.models import Membership, Organization

from .identity import identity_index, masked


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


class OwnQuerySet(models.QuerySet[Any]):
    """Rows that belong to one university, to all who arrange placements or manage members there."""

    def visible_to(self, actor: Actor) -> Self:
        if actor.is_system:
            return self
        if actor.may("manage_placements") or actor.may("manage_members"):
            return self.filter(university_id=actor.organization_id)
        return self.none()


class Programme(models.Model):
    """A course of study of a university."""

    university = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="programmes")
    code = models.CharField(_("code"), max_length=30, blank=True)
    name = models.CharField(_("name"), max_length=100)
    name_en = models.CharField(_("name in English"), max_length=150, blank=True)

    objects = OwnQuerySet.as_manager()

    class Meta:
        verbose_name = _("programme")
        verbose_name_plural = _("programmes")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["university", "name"],
                name="programme_unique_name",
                violation_error_message=_("The university has a programme of this name already."),
            ),
            models.UniqueConstraint(
                fields=["university", "code"],
                condition=~Q(code=""),
                name="programme_unique_code",
                violation_error_message=_("The university has a programme with this code already."),
            ),
        ]

    def __str__(self) -> str:
        if self.name_en and not (get_language() or "").startswith("zh"):
            return self.name_en
        return self.name


class SchoolClass(models.Model):
    """Students of one programme who entered in one year and are taught together."""

    university = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="school_classes")
    programme = models.ForeignKey(
        Programme, on_delete=models.PROTECT, related_name="classes", verbose_name=_("programme")
    )
    name = models.CharField(_("name"), max_length=60)
    entry_year = models.PositiveSmallIntegerField(_("year of entry"))

    objects = OwnQuerySet.as_manager()

    class Meta:
        verbose_name = _("class")
        verbose_name_plural = _("classes")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["university", "name"],
                name="school_class_unique_name",
                violation_error_message=_("The university has a class of this name already."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class StudentProfileQuerySet(models.QuerySet["StudentProfile"]):
    def visible_to(self, actor: Actor) -> StudentProfileQuerySet:
        """A university's own, to who arranges placements or manages members there; a student's own to the student."""
        if actor.is_system:
            return self
        if actor.may("manage_placements") or actor.may("manage_members"):
            return self.filter(university_id=actor.organization_id)
        return self.filter(membership_id=actor.membership_id) if actor.is_member else self.none()


class StudentProfile(models.Model):
    """What the university knows of a student. The identity number is sealed, and found by its blind index alone."""

    class IdentityKind(models.TextChoices):
        RESIDENT = "resident", _("resident identity card")
        PASSPORT = "passport", _("passport")
        OTHER = "other", _("other document")

    membership = models.OneToOneField(Membership, on_delete=models.PROTECT, primary_key=True, related_name="student")
    university = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="students")
    student_number = models.CharField(_("student number"), max_length=30)
    programme = models.ForeignKey(
        Programme, on_delete=models.PROTECT, related_name="students", verbose_name=_("programme")
    )
    school_class = models.ForeignKey(
        SchoolClass,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="students",
        verbose_name=_("class"),
    )
    entry_year = models.PositiveSmallIntegerField(_("year of entry"))
    identity_kind = models.CharField(_("document"), max_length=10, choices=IdentityKind.choices, blank=True)
    identity_sealed = models.BinaryField(null=True, editable=False)
    identity_index = models.CharField(max_length=64, blank=True, editable=False)

    objects = StudentProfileQuerySet.as_manager()

    class Meta:
        verbose_name = _("student")
        verbose_name_plural = _("students")
        constraints = [
            models.UniqueConstraint(
                fields=["university", "student_number"],
                name="student_unique_number",
                violation_error_message=_("The university has a student with this number already."),
            ),
            models.UniqueConstraint(
                fields=["university", "identity_index"],
                condition=~Q(identity_index=""),
                name="student_unique_identity",
                violation_error_message=_("The university has a student with this identity number already."),
            ),
            models.CheckConstraint(
                condition=Q(identity_sealed=None, identity_index="", identity_kind="")
                | (Q(identity_sealed__isnull=False) & ~Q(identity_index="") & ~Q(identity_kind="")),
                name="student_identity_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.student_number

    @staticmethod
    def identity_place(membership_id: int) -> str:
        """Where a sealed number may be opened: in this row alone."""
        return f"universities_studentprofile.identity_sealed:{membership_id}"

    @property
    def identity(self) -> str:
        """The full number. Only for who gave a reason that was recorded; ``Unreadable`` when it was tampered with."""
        if self.identity_sealed is None:
            return ""
        return decrypt(self.identity_sealed, place=self.identity_place(self.membership_id))

    @property
    def identity_masked(self) -> str:
        """The number as it is shown: the first three and the last four characters."""
        return masked(self.identity)

    def seal_identity(self, kind: str, number: str) -> None:
        """Set the document and its number, which was checked; an empty number takes both away."""
        self.identity_kind = kind if number else ""
        self.identity_index = identity_index(number) if number else ""
        self.identity_sealed = encrypt(number, place=self.identity_place(self.membership_id)) if number else None


class TeacherProfile(models.Model):
    """What the university knows of a teacher beside the membership, which holds unit and title."""

    membership = models.OneToOneField(Membership, on_delete=models.PROTECT, primary_key=True, related_name="teacher")
    university = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="teachers")
    staff_number = models.CharField(_("staff number"), max_length=30)

    objects = OwnQuerySet.as_manager()

    class Meta:
        verbose_name = _("teacher")
        verbose_name_plural = _("teachers")
        constraints = [
            models.UniqueConstraint(
                fields=["university", "staff_number"],
                name="teacher_unique_number",
                violation_error_message=_("The university has a teacher with this number already."),
            )
        ]

    def __str__(self) -> str:
        return self.staff_number


class RosterImportQuerySet(models.QuerySet["RosterImport"]):
    def visible_to(self, actor: Actor) -> RosterImportQuerySet:
        """Those of the acting university, to who manages its members."""
        if actor.is_system:
            return self
        if actor.may("manage_members"):
            return self.filter(university_id=actor.organization_id)
        return self.none()


class RosterImport(models.Model):
    """A file with people or classes of a university, how it is read, and the jobs that checked it and took it over."""

    class Kind(models.TextChoices):
        STUDENTS = "students", _("students")
        TEACHERS = "teachers", _("teachers")
        PROGRAMMES = "programmes", _("programmes")
        CLASSES = "classes", _("classes")

    university = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="roster_imports")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    file = models.FileField(_("file"), upload_to="roster/", max_length=200, blank=True)
    file_name = models.CharField(_("file name"), max_length=255)
    encoding = models.CharField(_("encoding"), max_length=12, blank=True)
    delimiter = models.CharField(_("separator"), max_length=1, blank=True)
    sheet = models.CharField(_("sheet"), max_length=100, blank=True)
    mapping = models.JSONField(_("columns"), default=dict, blank=True, help_text=_("Headings of the file by field."))
    mail_domain = models.CharField(_("mail domain"), max_length=100, blank=True)
    create_missing = models.BooleanField(_("create what is missing"), default=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("uploaded by")
    )
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    version = models.PositiveIntegerField(default=1)
    check_job = models.ForeignKey(JobRun, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    commit_job = models.ForeignKey(JobRun, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    sound_version = models.PositiveIntegerField(_("checked without errors"), default=0)
    committed_at = models.DateTimeField(_("taken over"), null=True, blank=True)

    objects = RosterImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("roster import")
        verbose_name_plural = _("roster imports")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_sound(self) -> bool:
        """Whether the last check found no error, and nothing of how the file is read was changed since."""
        return self.sound_version == self.version
