from django.urls import path

from . import views

app_name = "agreements"
urlpatterns = [
    path("", views.AgreementList.as_view(), name="agreement_list"),
    path("new/", views.AgreementCreate.as_view(), name="agreement_create"),
    path("<int:pk>/", views.agreement_detail, name="agreement_detail"),
    path("<int:pk>/edit/", views.AgreementEdit.as_view(), name="agreement_edit"),
    path("<int:pk>/submit/", views.agreement_submit_act, name="agreement_submit"),
    path("<int:pk>/sign/", views.AgreementSign.as_view(), name="agreement_sign"),
    path("<int:pk>/terminate/", views.AgreementTerminate.as_view(), name="agreement_terminate"),
]
