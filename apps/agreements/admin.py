from django.contrib import admin

from apps.core.admin import ReadOnlyAdmin

from .models import Agreement, LedgerEntry, Mode, ModeTemplate


@admin.register(Agreement)
class AgreementAdmin(ReadOnlyAdmin):
    list_display = ["number", "title", "mode", "state", "starts_on", "ends_on"]
    list_filter = ["state", "mode"]
    search_fields = ["title"]


@admin.register(Mode)
class ModeAdmin(ReadOnlyAdmin):
    list_display = ["code", "name", "organization", "shortest_months", "longest_months", "retired_at"]
    list_select_related = ["organization"]
    search_fields = ["code", "name", "name_en"]


@admin.register(ModeTemplate)
class ModeTemplateAdmin(ReadOnlyAdmin):
    list_display = ["mode", "version", "created_at"]
    list_select_related = ["mode"]


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin):
    list_display = ["agreement", "party", "side", "category", "stage", "amount", "unit", "day", "voided_at"]
    list_filter = ["side", "category", "stage"]
    list_select_related = ["agreement", "party__organization"]
