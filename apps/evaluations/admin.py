from django.contrib import admin

from apps.core.admin import ReadOnlyAdmin

from .models import Evaluation, EvaluationPlan, EvaluationRound, EvaluationScheme, PlacementResult


@admin.register(EvaluationScheme)
class EvaluationSchemeAdmin(ReadOnlyAdmin):
    list_display = ["title", "organization", "state", "published_at"]
    list_filter = ["state"]
    list_select_related = ["organization"]
    search_fields = ["title"]


@admin.register(EvaluationPlan)
class EvaluationPlanAdmin(ReadOnlyAdmin):
    list_display = ["scheme", "base", "cadence", "first_due_on", "ends_on", "next_due_on"]
    list_filter = ["cadence"]
    list_select_related = ["scheme", "base"]


@admin.register(EvaluationRound)
class EvaluationRoundAdmin(ReadOnlyAdmin):
    list_display = ["plan", "due_on", "closes_on", "state"]
    list_filter = ["state"]
    list_select_related = ["plan__scheme"]


@admin.register(Evaluation)
class EvaluationAdmin(ReadOnlyAdmin):
    list_display = ["pk", "round_id", "placement_id", "side", "submitted_at"]
    list_filter = ["side"]


@admin.register(PlacementResult)
class PlacementResultAdmin(ReadOnlyAdmin):
    list_display = ["placement_id", "round_id", "score", "sheets"]
