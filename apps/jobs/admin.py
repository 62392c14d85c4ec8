from django.contrib import admin

from apps.core.admin import ReadOnlyAdmin

from .models import JobRun, OutboxMessage


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin):
    list_display = ["topic", "created_at", "attempts", "done_at", "failed_at", "error"]
    list_filter = ["topic"]


@admin.register(JobRun)
class JobRunAdmin(ReadOnlyAdmin):
    list_display = ["kind", "title", "requested_by", "state", "created_at", "finished_at", "attempts"]
    list_filter = ["kind", "state"]
    list_select_related = ["requested_by"]
