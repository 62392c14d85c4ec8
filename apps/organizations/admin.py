from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor
from apps.core.admin import ReadOnlyAdmin

from .models import ApiToken, Invitation, Membership, Organization, Region, Registration, Unit
from .tokens import token_revoke


@admin.register(Region)
class RegionAdmin(admin.ModelAdmin):
    list_display = ["code", "name", "level"]
    list_filter = ["level"]
    search_fields = ["code", "name"]
    autocomplete_fields = ["parent"]


@admin.register(Organization)
class OrganizationAdmin(admin.ModelAdmin):
    list_display = ["name", "kind", "code", "region"]
    list_filter = ["kind", "country"]
    search_fields = ["name", "name_en", "code"]
    autocomplete_fields = ["region"]
    readonly_fields = ["kind", "code", "created_at", "suspended_at", "suspension_reason"]

    def has_add_permission(self, request: object) -> bool:
        return False


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    list_display = ["user", "organization", "role", "started_at", "ended_at"]
    list_filter = ["role"]
    search_fields = ["user__name", "user__email", "organization__name"]
    list_select_related = ["user", "organization"]


@admin.register(Unit)
class UnitAdmin(ReadOnlyAdmin):
    list_display = ["name", "parent", "organization", "closed_at"]
    search_fields = ["name", "name_en", "organization__name"]
    list_select_related = ["parent", "organization"]


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    list_display = ["email", "organization", "purpose", "role", "created_at", "expires_at", "accepted_at", "revoked_at"]
    list_filter = ["purpose", "role"]
    search_fields = ["email", "organization__name"]
    list_select_related = ["organization"]


@admin.register(Registration)
class RegistrationAdmin(ReadOnlyAdmin):
    list_display = ["name", "kind", "code", "applicant", "state", "created_at", "decided_by"]
    list_filter = ["state", "kind"]
    search_fields = ["name", "code", "applicant__email"]
    list_select_related = ["applicant", "decided_by"]


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    list_display = ["name", "membership", "scope", "created_at", "expires_at", "revoked_at"]
    list_select_related = ["membership__user"]
    actions = ["revoke"]

    @admin.action(description=_("Revoke the selected tokens"))
    def revoke(self, request: HttpRequest, tokens: QuerySet[ApiToken]) -> None:
        for token in tokens:
            token_revoke(Actor.system("admin"), token_id=token.pk)
            self.log_change(request, token, "revoked")
