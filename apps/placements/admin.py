from django.contrib import admin

from apps.core.admin import ReadOnlyAdmin

from .models import Journal, Placement, ProgressLog


@admin.register(Placement)
class PlacementAdmin(ReadOnlyAdmin):
    list_display = ["pk", "student", "university", "base", "state", "starts_on", "ends_on"]
    list_select_related = ["student__user", "university", "base"]
    list_filter = ["state"]
    search_fields = ["student__user__name"]


@admin.register(ProgressLog)
class ProgressLogAdmin(ReadOnlyAdmin):
    list_display = ["placement", "worked_on", "hours", "rating"]
    show_full_result_count = False


@admin.register(Journal)
class JournalAdmin(ReadOnlyAdmin):
    list_display = ["placement", "week_of", "submitted_at"]
    show_full_result_count = False
