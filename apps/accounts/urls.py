from django.contrib.auth.decorators import login_not_required
from django.urls import path

from . import views

app_name = "accounts"
urlpatterns = [
    path("preferences/", login_not_required(views.preferences), name="preferences"),
    path("security/", views.security, name="security"),
]
