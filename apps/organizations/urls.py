from django.urls import path

from .views import members, organizations

app_name = "organizations"
urlpatterns = [
    path("organizations/", organizations.OrganizationList.as_view(), name="organization_list"),
    path("organizations/<int:pk>/", organizations.organization_detail, name="organization_detail"),
    path("members/", members.MemberList.as_view(), name="member_list"),
    path("members/<int:pk>/end/", members.MemberEnd.as_view(), name="member_end"),
]
