from django.urls import path

from . import views

app_name = "jobs"
urlpatterns = [
    path("", views.RunList.as_view(), name="run_list"),
    path("<int:pk>/", views.run_detail, name="run_detail"),
    path("<int:pk>/cancel/", views.run_cancel, name="run_cancel"),
    path("<int:pk>/file/", views.run_file, name="run_file"),
]
