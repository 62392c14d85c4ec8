from django.urls import path

from .sight import anchors
from .views import (
    identity_providers,
    invitations,
    members,
    organization_sign_in,
    organizations,
    registrations,
    rights,
    sight,
    tokens,
    units,
)

app_name = "organizations"
urlpatterns = [
    path("organizations/", organizations.OrganizationList.as_view(), name="organization_list"),
    path("organizations/<int:pk>/", organizations.organization_detail, name="organization_detail"),
    path("organizations/<int:pk>/suspend/", organizations.OrganizationSuspend.as_view(), name="organization_suspend"),
    path("organizations/<int:pk>/resume/", organizations.organization_resume_act, name="organization_resume"),
    path("registrations/", registrations.RegistrationList.as_view(), name="registration_list"),
    path("registrations/new/", registrations.RegistrationCreate.as_view(), name="registration_create"),
    path("registrations/<int:pk>/", registrations.registration_detail, name="registration_detail"),
    path("registrations/<int:pk>/certificate/", registrations.registration_evidence, name="registration_evidence"),
    path("registrations/<int:pk>/approve/", registrations.registration_approve_act, name="registration_approve"),
    path("registrations/<int:pk>/reject/", registrations.RegistrationReject.as_view(), name="registration_reject"),
    path("registrations/<int:pk>/withdraw/", registrations.registration_withdraw_act, name="registration_withdraw"),
    path("regions/", registrations.region_search, name="region_search"),
    path("units/", units.unit_list, name="unit_list"),
    path("units/new/", units.UnitCreate.as_view(), name="unit_create"),
    path("units/<int:pk>/edit/", units.UnitEdit.as_view(), name="unit_edit"),
    path("units/<int:pk>/move/", units.UnitMove.as_view(), name="unit_move"),
    path("units/<int:pk>/close/", units.UnitClose.as_view(), name="unit_close"),
    path("invitations/", invitations.InvitationList.as_view(), name="invitation_list"),
    path("invitations/new/", invitations.InvitationCreate.as_view(), name="invitation_create"),
    path("invitations/file/", invitations.InvitationImport.as_view(), name="invitation_import"),
    path("invitations/<int:pk>/accept/", invitations.InvitationAccept.as_view(), name="invitation_accept"),
    path("invitations/<int:pk>/resend/", invitations.invitation_resend_act, name="invitation_resend"),
    path("invitations/<int:pk>/revoke/", invitations.invitation_revoke_act, name="invitation_revoke"),
    path("invitations/open/<str:secret>/", invitations.invitation_open, name="invitation_open"),
    path("invitations/open/<str:secret>/sign-up/", invitations.invitation_sign_up, name="invitation_sign_up"),
    path("members/", members.MemberList.as_view(), name="member_list"),
    path("members/<int:pk>/end/", members.MemberEnd.as_view(), name="member_end"),
    path("members/<int:pk>/unit/", members.MemberUnit.as_view(), name="member_unit"),
    path("rights/", rights.RightList.as_view(), name="right_list"),
    path("rights/roles/<slug:role>/<slug:right>/", rights.RoleRight.as_view(), name="role_right"),
    path("rights/people/<int:pk>/", rights.person_right_list, name="person_right_list"),
    path("rights/people/<int:pk>/<slug:right>/", rights.PersonRight.as_view(), name="person_right"),
    path("tokens/", tokens.TokenList.as_view(), name="token_list"),
    path("members/<int:pk>/tokens/new/", tokens.TokenCreate.as_view(), name="token_create"),
    path("tokens/<int:pk>/revoke/", tokens.TokenRevoke.as_view(), name="token_revoke"),
    path("accounts/organization/", organization_sign_in.OrganizationSignIn.as_view(), name="organization_sign_in"),
    path("identity-providers/", identity_providers.IdentityProviderList.as_view(), name="identity_provider_list"),
    path(
        "identity-providers/new/", identity_providers.IdentityProviderCreate.as_view(), name="identity_provider_create"
    ),
    path(
        "identity-providers/<int:pk>/edit/",
        identity_providers.IdentityProviderEdit.as_view(),
        name="identity_provider_edit",
    ),
    path(
        "identity-providers/<int:pk>/activate/",
        identity_providers.identity_provider_activate_act,
        name="identity_provider_activate",
    ),
    path(
        "identity-providers/<int:pk>/deactivate/",
        identity_providers.identity_provider_deactivate_act,
        name="identity_provider_deactivate",
    ),
    *[
        path(f"who-can-see/{anchor.name}/<int:pk>/", sight.sight, {"anchor": anchor.name}, name=f"{anchor.name}_sight")
        for anchor in anchors()
    ],
]
