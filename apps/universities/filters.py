from __future__ import annotations

import django_filters
from django.db.models import Q, QuerySet

from .models import Programme, RosterImport, SchoolClass, StudentProfile, TeacherProfile


class StudentFilter(django_filters.FilterSet):
    """By words of the name, the beginning of the number, or the class."""

    q = django_filters.CharFilter(method="search")

    class Meta:
        model = StudentProfile
        fields = ["entry_year"]

    def search(self, rows: QuerySet[StudentProfile], name: str, value: str) -> QuerySet[StudentProfile]:
        return rows.filter(
            Q(membership__user__name__icontains=value)
            | Q(student_number__istartswith=value)
            | Q(school_class__name__icontains=value)
        )


class TeacherFilter(django_filters.FilterSet):
    """By words of the name, the beginning of the number, or the unit."""

    q = django_filters.CharFilter(method="search")

    class Meta:
        model = TeacherProfile
        fields: list[str] = []

    def search(self, rows: QuerySet[TeacherProfile], name: str, value: str) -> QuerySet[TeacherProfile]:
        return rows.filter(
            Q(membership__user__name__icontains=value)
            | Q(staff_number__istartswith=value)
            | Q(membership__unit__name__icontains=value)
        )


class RosterImportFilter(django_filters.FilterSet):
    class Meta:
        model = RosterImport
        fields = ["kind"]


class ProgrammeFilter(django_filters.FilterSet):
    class Meta:
        model = Programme
        fields = ["code", "name"]


class SchoolClassFilter(django_filters.FilterSet):
    class Meta:
        model = SchoolClass
        fields = ["entry_year"]
