"""The home page and switching between memberships."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from apps.core.services import fetch
from apps.core.views import PortalRequest
from apps.organizations.middleware import SESSION_KEY
from apps.organizations.models import Membership


def home(request: PortalRequest) -> HttpResponse:
    """What waits for this person, sorted by what breaks first."""
    return render(request, "portal/home.html", {})


@require_POST
def membership_switch(request: PortalRequest) -> HttpResponse:
    """Act in another of the person's own current memberships from the next request on."""
    own = Membership.objects.current().filter(user_id=request.actor.user_id)
    membership = fetch(own, pk=request.POST.get("membership"))
    request.session[SESSION_KEY] = membership.pk
    return redirect("portal:home")
