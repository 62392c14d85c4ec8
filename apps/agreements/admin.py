from django.contrib import admin

from apps.core.admin import ReadOnlyAdmin

from .models import Agreement


@admin.register(Agreement)
class AgreementAdmin(ReadOnlyAdmin):
    list_display = ["number", "title", "mode", "state", "starts_on", "ends_on"]
    list_filter = ["state", "mode"]
    search_fields = ["title"]
