from django.contrib import admin

from apps.core.admin import ReadOnlyAdmin

from .models import Base, Intake, Position


@admin.register(Base)
class BaseAdmin(ReadOnlyAdmin):
    list_display = ["name", "host", "kind", "region"]
    list_filter = ["kind"]
    list_select_related = ["host", "region"]
    search_fields = ["name", "name_en"]


@admin.register(Intake)
class IntakeAdmin(ReadOnlyAdmin):
    list_display = ["title", "base", "selection", "state", "closes_on"]
    list_filter = ["state", "selection"]
    list_select_related = ["base"]
    search_fields = ["title"]


@admin.register(Position)
class PositionAdmin(ReadOnlyAdmin):
    list_display = ["title", "intake", "places", "taken"]
    list_select_related = ["intake"]
    search_fields = ["title"]
