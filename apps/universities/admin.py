from django.contrib import admin

from apps.core.admin import ReadOnlyAdmin

from .models import Programme, RosterImport, SchoolClass, StudentProfile, TeacherProfile, UniversityProfile


@admin.register(UniversityProfile)
class UniversityProfileAdmin(ReadOnlyAdmin):
    list_display = ["organization", "level", "department", "remark"]
    list_filter = ["level"]
    search_fields = ["organization__name", "organization__code"]
    list_select_related = ["organization"]


@admin.register(StudentProfile)
class StudentProfileAdmin(ReadOnlyAdmin):
    list_display = ["student_number", "membership", "university", "programme", "school_class", "entry_year"]
    exclude = ["identity_sealed", "identity_index"]
    search_fields = ["student_number", "membership__user__name"]
    list_select_related = ["membership__user", "university", "programme", "school_class"]


@admin.register(TeacherProfile)
class TeacherProfileAdmin(ReadOnlyAdmin):
    list_display = ["staff_number", "membership", "university"]
    search_fields = ["staff_number", "membership__user__name"]
    list_select_related = ["membership__user", "university"]


@admin.register(Programme)
class ProgrammeAdmin(ReadOnlyAdmin):
    list_display = ["name", "code", "university"]
    search_fields = ["name", "code", "university__name"]
    list_select_related = ["university"]


@admin.register(SchoolClass)
class SchoolClassAdmin(ReadOnlyAdmin):
    list_display = ["name", "programme", "entry_year", "university"]
    search_fields = ["name", "university__name"]
    list_select_related = ["programme", "university"]


@admin.register(RosterImport)
class RosterImportAdmin(ReadOnlyAdmin):
    list_display = ["file_name", "kind", "university", "created_by", "created_at", "committed_at"]
    list_filter = ["kind"]
    list_select_related = ["university", "created_by"]
