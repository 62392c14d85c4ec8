from django.urls import path

from .views import members, organizations, rights, tokens

app_name = "organizations"
urlpatterns = [
    path("organizations/", organizations.OrganizationList.as_view(), name="organization_list"),
    path("organizations/<int:pk>/", organizations.organization_detail, name="organization_detail"),
    path("members/", members.MemberList.as_view(), name="member_list"),
    path("members/<int:pk>/end/", members.MemberEnd.as_view(), name="member_end"),
    path("rights/", rights.RightList.as_view(), name="right_list"),
    path("rights/roles/", rights.RoleRight.as_view(), name="role_right"),
    path("rights/people/<int:pk>/", rights.person_right_list, name="person_right_list"),
    path("rights/people/<int:pk>/change/", rights.PersonRight.as_view(), name="person_right"),
    path("tokens/", tokens.TokenList.as_view(), name="token_list"),
    path("members/<int:pk>/tokens/new/", tokens.TokenCreate.as_view(), name="token_create"),
    path("tokens/<int:pk>/revoke/", tokens.TokenRevoke.as_view(), name="token_revoke"),
]
