from django.contrib import admin

from apps.core.admin import ReadOnlyAdmin

from .models import Agreement, AgreementVersion, LedgerEntry, Mode, ModeTemplate, Obligation, Signature


@admin.register(Agreement)
class AgreementAdmin(ReadOnlyAdmin):
    list_display = ["number", "title", "mode", "state", "starts_on", "ends_on"]
    list_filter = ["state", "mode"]
    search_fields = ["title"]


@admin.register(AgreementVersion)
class AgreementVersionAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "kind", "state", "drafted_by", "submitted_at", "sign_until", "in_force_at"]
    list_filter = ["state", "kind"]
    list_select_related = ["agreement", "drafted_by"]
    search_fields = ["agreement__title"]


@admin.register(Signature)
class SignatureAdmin(ReadOnlyAdmin):
    """Without address and browser: who looks after the portal has no need of them."""

    list_display = ["signer", "method", "authority", "signed_on", "signed_at", "confirmed_at", "voided_at"]
    list_filter = ["method", "authority"]
    list_select_related = ["signer__party__organization", "signer__party__student__user"]
    exclude = ["address", "agent", "salt"]


@admin.register(Obligation)
class ObligationAdmin(ReadOnlyAdmin):
    list_display = ["agreement", "party", "kind", "quantity", "unit", "due_on", "state"]
    list_filter = ["state", "kind"]
    list_select_related = ["agreement", "party__organization", "party__student__user"]


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
