"""What universities hold about their students."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.privacy.register import ERASED, EXPORT, personal

personal(
    "universities.StudentProfile",
    person="membership__user",
    act=EXPORT,
    retention="account",
    why=_("By it the school knows its students; placements and records name the programme."),
    blank={"student_number": ERASED},
)
