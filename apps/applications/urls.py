from django.urls import path

from . import views

app_name = "applications"
urlpatterns = [
    path("positions/<int:pk>/apply/", views.ApplicationCreate.as_view(), name="application_create"),
    path("applications/", views.ApplicationList.as_view(), name="application_list"),
    path("applications/<int:pk>/", views.application_detail, name="application_detail"),
    path("applications/<int:pk>/accept/", views.application_accept_act, name="application_accept"),
    path("applications/<int:pk>/reject/", views.ApplicationReject.as_view(), name="application_reject"),
    path("applications/<int:pk>/withdraw/", views.application_withdraw_act, name="application_withdraw"),
]
