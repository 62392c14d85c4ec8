"""The root URLs: pages by app, the API under ``/api/v1/``, the platform's admin."""

from allauth.account.decorators import secure_admin_login
from allauth.socialaccount.models import SocialApp, SocialToken
from django.contrib import admin
from django.urls import include, path

from apps.organizations.views.organization_sign_in import oidc_callback, oidc_login

# Providers are set by services and the environment; rows of these would do nothing.
admin.site.unregister([SocialApp, SocialToken])
# Whoever works in the admin signs in as everybody does, with the second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # as django-allauth documents it

urlpatterns = [
    path("", include("apps.core.urls")),
    path("", include("apps.portal.urls")),
    path("accounts/", include("apps.accounts.urls")),
    # Before those of django-allauth, which show no page when a provider is away.
    path("accounts/oidc/<str:provider_id>/login/", oidc_login, name="openid_connect_login"),
    path("accounts/oidc/<str:provider_id>/login/callback/", oidc_callback, name="openid_connect_callback"),
    path("accounts/", include("apps.accounts.sign_in_urls")),
    path("", include("apps.organizations.urls")),
    path("jobs/", include("apps.jobs.urls")),
    path("my-data/", include("apps.privacy.urls")),
    path("history/", include("apps.audit.urls")),
    path("", include("apps.universities.urls")),
    path("notifications/", include("apps.notifications.urls")),
    path("agreements/", include("apps.agreements.urls")),
    path("", include("apps.bases.urls")),
    path("", include("apps.applications.urls")),
    path("", include("apps.placements.urls")),
    path("", include("apps.evaluations.urls")),
    path("reports/", include("apps.reporting.urls")),
    path("api/v1/", include("collab_portal.api")),
    path("admin/", admin.site.urls),
]
