"""Says for every request who is acting."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.core.actor import Actor

from .principal import actor_for

SESSION_KEY = "membership"


class ActorMiddleware:
    """Sets ``request.actor``: the person of the session in the membership chosen there, or nobody."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            actor = actor_for(request.user.pk, request.session.get(SESSION_KEY))
        else:
            actor = Actor.anonymous()
        request.actor = actor  # type: ignore[attr-defined]  # typed by core.views.PortalRequest
        return self.get_response(request)
