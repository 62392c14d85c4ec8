"""Says for every request who is acting, and lets nobody act who has to show first who they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from apps.accounts.factors import factor_given_at, has_second_factor, is_confirmed
from apps.accounts.models import User
from apps.accounts.sessions import session_is_over
from apps.core.actor import Actor
from apps.core.errors import NotConfirmed
from apps.core.views import PortalRequest

from .models import Organization, Role
from .principal import Principal, principal_for

SESSION_KEY = "membership"
OPEN_PREFIXES = ("account_", "mfa_", "usersessions_", "accounts:", "core:")
"""Names of the addresses that serve who still has to show who they are."""
PERSONAL_PREFIXES = (
    "notifications:",
    "privacy:",
    "organizations:invitation_",
    "organizations:registration_",
    "organizations:region_",
)
"""Names of the addresses that serve a person in no organization: what is theirs, and the ways into another one."""


class ActorMiddleware:
    """Sets ``request.actor``: the person of the session in the membership chosen there, or nobody.

    Platform staff, administrators and government bodies act only in sessions that began with a second factor, were used in
    the last three hours and are younger than twelve. Until then the person is signed in and has no membership:
    ``request.factor_missing`` says so, and pages lead to where it is set up or given.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: PortalRequest) -> HttpResponse:
        request.actor = Actor.anonymous()
        request.factor_missing, request.session_over = "", False
        user = request.user
        if isinstance(user, User):
            self._establish(request, user)
        return self.get_response(request)

    def _establish(self, request: PortalRequest, user: User) -> None:
        principal = principal_for(user.pk, request.session.get(SESSION_KEY))
        actor = replace(principal.actor, is_staff=user.is_staff, confirmed=is_confirmed(request))
        if not needs_second_factor(actor):
            request.actor = actor
        elif session_is_over(request):
            logout(request)
            request.session_over = True
        elif factor_given_at(request) and _has_one(principal, user):
            request.actor = actor
        else:
            request.actor = Actor(user_id=user.pk)
            request.factor_missing = "mfa_reauthenticate" if _has_one(principal, user) else "mfa_activate_totp"

    def process_view(self, request: PortalRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if request.session_over:
            messages.info(request, _("Your session has ended. Please sign in again."))
        match = request.resolver_match
        if not request.factor_missing or match is None or match.app_name == "api":
            return None
        if match.view_name.startswith(OPEN_PREFIXES):
            return None
        return lead_to_factor(request, request.factor_missing)

    def process_exception(self, request: PortalRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, NotConfirmed):
            return None
        principal = principal_for(request.actor.user_id)
        has_one = isinstance(request.user, User) and _has_one(principal, request.user)
        return lead_to_factor(request, "mfa_reauthenticate" if has_one else "mfa_activate_totp")


def needs_second_factor(actor: Actor) -> bool:
    """Whether this actor may do nothing without a second factor."""
    return actor.is_staff or actor.role == Role.ADMINISTRATOR or actor.organization_kind == Organization.Kind.GOVERNMENT


def lead_to_factor(request: HttpRequest, url_name: str) -> HttpResponse:
    """To the page where the second factor is given or set up, and from there back to this one."""
    if url_name == "mfa_activate_totp":
        messages.info(request, _("This needs a second factor. Set one up now; it takes a minute."))
    url = f"{reverse(url_name)}?{urlencode({'next': request.get_full_path()})}"
    return HttpResponseClientRedirect(url) if request.headers.get("HX-Request") else HttpResponseRedirect(url)


def _has_one(principal: Principal, user: User) -> bool:
    if principal.has_second_factor is not None:
        return principal.has_second_factor
    return bool(User.objects.filter(has_second_factor(user.pk), pk=user.pk).exists())


class SuspensionMiddleware:
    """Tells people whose organization is suspended so, at every address but those that serve them as persons.

    Costs one statement, and only those who are signed in and belong to no organization.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: PortalRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: PortalRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        actor, match = request.actor, request.resolver_match
        if not actor.is_person or actor.is_member or actor.is_staff or request.factor_missing or match is None:
            return None
        if match.view_name.startswith((*OPEN_PREFIXES, *PERSONAL_PREFIXES)):
            return None
        own = {"memberships__user_id": actor.user_id, "memberships__ended_at": None, "suspended_at__isnull": False}
        organization = Organization.objects.filter(**own).order_by("pk").first()
        if organization is None:
            return None
        if match.app_name == "api":
            reason = _("%(organization)s is suspended.") % {"organization": organization}
            body = {"type": "about:blank", "title": "Forbidden", "status": 403, "detail": reason}
            return JsonResponse(body, status=403, content_type="application/problem+json")
        return render(request, "organizations/suspended.html", {"organization": organization}, status=403)
