from django.urls import path

from .views import rounds, schemes, sheets

app_name = "evaluations"
urlpatterns = [
    path("evaluation-schemes/", schemes.SchemeList.as_view(), name="scheme_list"),
    path("evaluation-schemes/new/", schemes.SchemeCreate.as_view(), name="scheme_create"),
    path("evaluation-schemes/<int:pk>/", schemes.scheme_detail, name="scheme_detail"),
    path("evaluation-schemes/<int:pk>/edit/", schemes.SchemeEdit.as_view(), name="scheme_edit"),
    path("evaluation-schemes/<int:pk>/publish/", schemes.scheme_publish_act, name="scheme_publish"),
    path("evaluation-schemes/<int:pk>/plans/new/", schemes.PlanCreate.as_view(), name="plan_create"),
    path("evaluation-rounds/", rounds.RoundList.as_view(), name="round_list"),
    path("evaluation-rounds/<int:pk>/", rounds.round_detail, name="round_detail"),
    path("evaluations/", sheets.SheetList.as_view(), name="evaluation_list"),
    path("evaluations/<int:pk>/", sheets.evaluation_detail, name="evaluation_detail"),
    path("evaluations/<int:pk>/submit/", sheets.SheetSubmit.as_view(), name="evaluation_submit"),
    path("results/", rounds.ResultList.as_view(), name="result_list"),
    path("results/<int:pk>/", rounds.result_detail, name="result_detail"),
]
