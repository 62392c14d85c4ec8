from django.urls import path

from . import views

app_name = "notifications"
urlpatterns = [
    path("", views.NotificationList.as_view(), name="list"),
    path("<int:pk>/", views.notification_open, name="open"),
    path("read/", views.read_all, name="read_all"),
]
