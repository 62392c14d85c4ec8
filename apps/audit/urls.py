from django.urls import path

from . import views
from .registry import trails

app_name = "audit"
urlpatterns = [
    path("", views.act_list, name="act_list"),
    path("sign-ins/", views.SecurityList.as_view(), name="security_list"),
    *[
        path(f"{trail.name}/<int:pk>/", views.object_history, {"trail": trail.name}, name=f"{trail.name}_history")
        for trail in trails()
    ],
]
