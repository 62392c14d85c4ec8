"""Sign-in through the provider of an organization, or through an account that a person connected before."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

import requests
from allauth.account.internal.decorators import login_not_required
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, _build_apps_from_settings
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from csp.decorators import csp_update
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.actor import Actor
from apps.core.outbound import OutboundSession

from .models import IdentityProvider
from .services import membership_start
from .services.identity_providers import client_secret_of

logger = logging.getLogger(__name__)
OIDC = "openid_connect"
# A provider on this machine, in development and in tests, is spoken to by http.
PROVIDER_ORIGINS = ["https:"] if settings.SITE_URL.startswith("https:") else ["https:", "http:"]


def provider_of_domain(domain: str) -> IdentityProvider | None:
    """The provider in use where people with addresses of this domain sign in."""
    found = IdentityProvider.objects.filter(is_active=True, organization__suspended_at=None)
    return found.select_related("organization").filter(domain=domain.lower()).first()


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Who may vouch for whom.

    The provider of an organization vouches for verified addresses of its own domain: who has one is signed in, or becomes a
    person (and, where the organization says so, a member). Everybody else's account only signs in who connected it before.
    """

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """Those of the settings; that of a domain is found only by who names it. Rows of ``SocialApp`` count for nothing."""
        found = provider_of_domain(provider) if provider and "." in provider else None
        if found is None:
            by_name = _build_apps_from_settings(provider=provider, client_id=client_id)
            return [app for apps in by_name.values() for app in apps]
        options = {"server_url": found.issuer, "oauth_pkce_enabled": True, "email_authentication": True}
        app = SocialApp(
            provider=OIDC,
            provider_id=found.domain,
            name=found.organization.local_name,
            client_id=found.client_id,
            secret=client_secret_of(found),
            settings=options,
        )
        return [app]

    def get_requests_session(self) -> requests.Session:
        return OutboundSession()

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        if sociallogin.provider.id != OIDC:
            return
        domain = sociallogin.provider.app.provider_id
        address = next((email for email in sociallogin.email_addresses if email.verified is True), None)
        if address is None or address.email.lower().rpartition("@")[2] != domain:
            raise _refusal(request, _("The provider did not vouch for an address of its own domain."))
        user = sociallogin.user
        if sociallogin.is_existing and isinstance(user, User) and user.is_staff:
            raise _refusal(request, _("Staff of the platform sign in with their password."))

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return bool(sociallogin.provider.id == OIDC)

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> Any:
        user = super().populate_user(request, sociallogin, data)
        full = " ".join(filter(None, [data.get("first_name"), data.get("last_name")]))
        user.name = (data.get("name") or full or user.email.partition("@")[0])[:100]
        user.language = translation.get_language()
        return user

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> Any:
        """The newcomer, and a member in the role that the organization gives to newcomers: both or neither."""
        with transaction.atomic():
            user = super().save_user(request, sociallogin, form)
            found = provider_of_domain(sociallogin.account.provider)
            if found is not None and found.default_role:
                actor = Actor.system("identity provider")
                membership_start(actor, organization_id=found.organization_id, user_id=user.pk, role=found.default_role)
        return user


def answers_for_providers(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Show a page, and do nothing, when a provider is away or answers what no provider should.

    Browsers hold the redirect after a form to the policy of the page with the form: these pages may lead to a provider.
    """

    @login_not_required
    @csp_update({"form-action": PROVIDER_ORIGINS})
    @wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except (requests.RequestException, OAuth2Error, ValueError, KeyError, TypeError) as error:
            logger.warning("a sign-in provider failed: %s", type(error).__name__)
            reason = _("The provider of your organization does not answer as it should. Try again later.")
            return _failed(request, reason, status=502)

    answer: Callable[..., HttpResponseBase] = run
    return answer


def _refusal(request: HttpRequest, reason: str) -> ImmediateHttpResponse:
    return ImmediateHttpResponse(_failed(request, reason, status=403))


def _failed(request: HttpRequest, reason: str | Promise, *, status: int) -> HttpResponse:
    return render(request, "socialaccount/authentication_error.html", {"reason": reason}, status=status)
