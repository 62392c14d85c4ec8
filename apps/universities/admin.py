from django.contrib import admin

from apps.core.admin import ReadOnlyAdmin

from .models import StudentProfile, UniversityProfile


@admin.register(UniversityProfile)
class UniversityProfileAdmin(ReadOnlyAdmin):
    list_display = ["organization", "level", "department", "remark"]
    list_filter = ["level"]
    search_fields = ["organization__name", "organization__code"]
    list_select_related = ["organization"]


@admin.register(StudentProfile)
class StudentProfileAdmin(ReadOnlyAdmin):
    list_display = ["student_number", "membership", "programme", "entry_year"]
    search_fields = ["student_number", "membership__user__name"]
    list_select_related = ["membership__user"]
