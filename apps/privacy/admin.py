from django.contrib import admin

from apps.core.admin import ReadOnlyAdmin

from .models import Consent, ConsentText, Disclosure, ErasureRequest, LegalGuardian, LegalHold


@admin.register(ConsentText)
class ConsentTextAdmin(ReadOnlyAdmin):
    list_display = ["purpose", "version", "title_en", "published_at", "superseded_at"]
    list_filter = ["purpose"]


@admin.register(Consent)
class ConsentAdmin(ReadOnlyAdmin):
    list_display = ["person", "text", "guardian", "channel", "given_at", "withdrawn_at"]
    list_filter = ["text__purpose", "channel"]
    search_fields = ["person__email"]
    list_select_related = ["person", "text", "guardian"]


@admin.register(LegalGuardian)
class LegalGuardianAdmin(ReadOnlyAdmin):
    list_display = ["name", "person", "relation", "registered_at", "confirmed_at", "ended_at"]
    search_fields = ["person__email"]
    list_select_related = ["person"]


@admin.register(ErasureRequest)
class ErasureRequestAdmin(ReadOnlyAdmin):
    list_display = ["person", "state", "asked_at", "due_at", "decided_at"]
    list_filter = ["state"]
    list_select_related = ["person"]


@admin.register(LegalHold)
class LegalHoldAdmin(ReadOnlyAdmin):
    list_display = ["person", "placed_by", "placed_at", "lifted_at"]
    list_select_related = ["person", "placed_by"]


@admin.register(Disclosure)
class DisclosureAdmin(ReadOnlyAdmin):
    list_display = ["seen_at", "viewer", "subject", "what", "reason"]
    list_select_related = ["viewer", "subject"]
