from django.contrib import admin

from .models import GroupMember


@admin.register(GroupMember)
class GroupMemberAdmin(admin.ModelAdmin):
    list_display = ["group", "organization", "joined_on", "left_on"]
    list_select_related = ["group", "organization"]
    search_fields = ["group__name", "organization__name"]
    autocomplete_fields = ["group", "organization"]

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        """A membership is ended, not deleted."""
        return False
