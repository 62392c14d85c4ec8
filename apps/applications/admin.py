from django.contrib import admin

from apps.core.admin import ReadOnlyAdmin

from .models import Application


@admin.register(Application)
class ApplicationAdmin(ReadOnlyAdmin):
    list_display = ["pk", "student", "position", "host", "university", "state", "submitted_at"]
    list_filter = ["state"]
    list_select_related = ["student__user", "position", "host", "university"]
