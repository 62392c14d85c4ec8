from django.urls import path

from .views import agreements, journals, logs, placements, relocations

app_name = "placements"
urlpatterns = [
    path("placements/", placements.PlacementList.as_view(), name="placement_list"),
    path("placements/<int:pk>/", placements.placement_detail, name="placement_detail"),
    path("applications/<int:pk>/placement/", placements.PlacementArrange.as_view(), name="placement_arrange"),
    path("placements/<int:pk>/tutor/", placements.PlacementTutor.as_view(), name="placement_tutor"),
    path(
        "placements/<int:pk>/academic-tutor/",
        placements.PlacementAcademicTutor.as_view(),
        name="placement_academic_tutor",
    ),
    path("placements/<int:pk>/agreement/", agreements.PlacementAgreement.as_view(), name="placement_agreement"),
    path("intakes/<int:pk>/agreements/", agreements.IntakeAgreements.as_view(), name="intake_agreements"),
    path("placements/<int:pk>/start/", placements.placement_start_act, name="placement_start"),
    path("placements/<int:pk>/complete/", placements.placement_complete_act, name="placement_complete"),
    path("placements/<int:pk>/break-off/", placements.PlacementBreakOff.as_view(), name="placement_break_off"),
    path("placements/relocations/", relocations.RelocationList.as_view(), name="relocation_list"),
    path("placements/relocations/place/", relocations.RelocationsPropose.as_view(), name="relocations_propose"),
    path("placements/relocations/<int:pk>/settle/", relocations.RelocationSettle.as_view(), name="relocation_settle"),
    path("logs/", logs.LogList.as_view(), name="log_list"),
    path("placements/<int:pk>/log/", logs.LogCreate.as_view(), name="log_create"),
    path("logs/<int:pk>/edit/", logs.LogEdit.as_view(), name="log_edit"),
    path("journals/", journals.JournalList.as_view(), name="journal_list"),
    path("journals/<int:pk>/", journals.journal_detail, name="journal_detail"),
    path("placements/<int:pk>/journal/", journals.JournalCreate.as_view(), name="journal_create"),
    path("journals/<int:pk>/answer/", journals.JournalAnswerCreate.as_view(), name="journal_answer"),
]
