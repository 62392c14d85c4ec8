from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from .models import QueuedMail, User


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    ordering = ["email"]
    list_display = ["email", "name", "is_active", "is_staff", "date_joined"]
    list_filter = ["is_active", "is_staff"]
    search_fields = ["email", "name"]
    readonly_fields = ["last_login", "date_joined"]
    filter_horizontal = []
    fieldsets = [
        (None, {"fields": ["email", "password", "name", "language", "theme"]}),
        (_("Access"), {"fields": ["is_active", "is_staff", "is_superuser"]}),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"classes": ["wide"], "fields": ["email", "name", "password1", "password2"]})]


@admin.register(QueuedMail)
class QueuedMailAdmin(admin.ModelAdmin):
    """To see what was given up and why; the text, which may hold a link that signs in, is not shown."""

    list_display = ["pk", "to", "subject", "state", "attempts", "error", "due_at", "sent_at"]
    list_filter = ["state"]
    readonly_fields = ["to", "subject", "state", "attempts", "error", "due_at", "created_at", "sent_at"]
    exclude = ["body"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
