"""What universities hold about their students and teachers."""

from __future__ import annotations

from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext_lazy as _

from apps.privacy.register import EXPORT, KEEP, personal

NUMBER_GONE = Concat(Value("erased-"), Cast(F("pk"), CharField()))
"""Numbers are unique at a university."""

personal(
    "universities.StudentProfile",
    title=_("Student number and programme"),
    person="membership__user",
    act=EXPORT,
    retention="account",
    why=_("By it the school knows its students; placements and records name the programme."),
    fields=["university", "student_number", "programme", "school_class", "entry_year"],
    blank={"student_number": NUMBER_GONE},
)
personal(
    "universities.StudentProfile",
    title=_("Identity number"),
    person="membership__user",
    act=EXPORT,
    retention="identity_number",
    why=_("The school must know who its students are (PIPL Art. 13: duty by law); encrypted, shown masked."),
    fields=["identity_kind"],
    reveal={"identity": lambda student: student.identity},
    blank={"identity_kind": "", "identity_index": "", "identity_sealed": None},
    since="membership__ended_at",
)
personal(
    "universities.TeacherProfile",
    title=_("Staff number"),
    person="membership__user",
    act=EXPORT,
    retention="account",
    why=_("By it the school knows its teachers."),
    blank={"staff_number": NUMBER_GONE},
)
personal(
    "universities.RosterImport",
    person="created_by",
    act=KEEP,
    retention="job",
    why=_("That you imported a roster; the file with the people in it goes."),
    fields=["kind", "file_name", "created_at", "committed_at"],
    blank={"file": "", "file_name": "-"},
    since="created_at",
)
