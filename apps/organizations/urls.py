from django.urls import path

from . import views

app_name = "organizations"
urlpatterns = [
    path("organizations/", views.OrganizationList.as_view(), name="organization_list"),
    path("organizations/<int:pk>/", views.organization_detail, name="organization_detail"),
    path("members/", views.MemberList.as_view(), name="member_list"),
    path("members/<int:pk>/end/", views.MemberEnd.as_view(), name="member_end"),
]
