from django.urls import path

from . import views

app_name = "bases"
urlpatterns = [
    path("bases/", views.BaseList.as_view(), name="base_list"),
    path("bases/new/", views.BaseCreate.as_view(), name="base_create"),
    path("bases/<int:pk>/", views.base_detail, name="base_detail"),
    path("bases/<int:pk>/edit/", views.BaseEdit.as_view(), name="base_edit"),
    path("bases/<int:pk>/intakes/new/", views.IntakeCreate.as_view(), name="intake_create"),
    path("intakes/", views.IntakeList.as_view(), name="intake_list"),
    path("intakes/<int:pk>/", views.intake_detail, name="intake_detail"),
    path("intakes/<int:pk>/edit/", views.IntakeEdit.as_view(), name="intake_edit"),
    path("intakes/<int:pk>/open/", views.intake_open_act, name="intake_open"),
    path("intakes/<int:pk>/close/", views.intake_close_act, name="intake_close"),
    path("intakes/<int:pk>/positions/new/", views.PositionAdd.as_view(), name="position_add"),
    path("positions/<int:pk>/remove/", views.position_remove_act, name="position_remove"),
]
