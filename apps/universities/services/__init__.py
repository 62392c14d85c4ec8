"""Every write about universities, their programmes and classes, their students and teachers."""

from .ministry import Imported, universities_import
from .people import programme_create, school_class_create, student_profile_set, teacher_profile_set

__all__ = [
    "Imported",
    "programme_create",
    "school_class_create",
    "student_profile_set",
    "teacher_profile_set",
    "universities_import",
]
