"""The home page, search, and switching between memberships."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.sessions import session_renew
from apps.core.services import fetch
from apps.core.views import PortalRequest
from apps.organizations.middleware import SESSION_KEY
from apps.organizations.models import Membership
from apps.privacy.services import waits_for_guardian

from .figures import glance_of
from .queue import queue_of
from .search import search_all


@require_safe
def home(request: PortalRequest) -> HttpResponse:
    """What waits for this person, sorted by what breaks first."""
    actor = request.actor
    context = {"queue": queue_of(actor), "actor": actor, "glance": glance_of(actor)}
    context["waits_for_guardian"] = not actor.is_member and waits_for_guardian(actor.user_id)
    return render(request, "portal/home.html", context)


@require_safe
def search(request: PortalRequest) -> HttpResponse:
    """One box over everything that the person sees."""
    words = request.GET.get("q", "").replace("\x00", "").strip()
    return render(request, "portal/search.html", {"words": words, "groups": search_all(request.actor, words)})


@require_POST
def membership_switch(request: PortalRequest) -> HttpResponse:
    """Act in another of the person's own current memberships from the next request on."""
    own = Membership.objects.current().filter(user_id=request.actor.user_id)
    membership = fetch(own, pk=request.POST.get("membership"))
    request.session[SESSION_KEY] = membership.pk
    session_renew(request)
    return redirect("portal:home")
