"""Language, theme and the page about one's security; the sign-in pages are django-allauth's."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from apps.core.views import PortalRequest

from .factors import factors_of
from .models import User
from .services import user_set_preferences

YEAR = 365 * 24 * 3600


@require_POST
def preferences(request: PortalRequest) -> HttpResponse:
    """Store language or theme: with the person when signed in, else in a cookie; then back to the page."""
    language = request.POST.get("language")
    theme = request.POST.get("theme")
    response = redirect(_back(request))
    if language not in {None, *dict(settings.LANGUAGES)} or theme not in {None, *User.Theme.values}:
        return response
    if request.actor.is_person:
        user_set_preferences(request.actor, language=language, theme=theme)
    for name, value in ((settings.LANGUAGE_COOKIE_NAME, language), (settings.THEME_COOKIE_NAME, theme)):
        if value:
            response.set_cookie(
                name, value, max_age=YEAR, samesite="Lax", httponly=True, secure=settings.SESSION_COOKIE_SECURE
            )
    return response


@require_safe
def security(request: PortalRequest) -> HttpResponse:
    """Where a person finds everything about how they sign in."""
    return render(request, "accounts/security.html", {"factors": factors_of(request.actor.user_id)})


def _back(request: HttpRequest) -> str:
    address = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return address
    return "/"
