from django.contrib import admin

from apps.core.admin import ReadOnlyAdmin

from .models import OutboxMessage


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin):
    list_display = ["topic", "created_at", "attempts", "done_at", "failed_at", "error"]
    list_filter = ["topic"]
