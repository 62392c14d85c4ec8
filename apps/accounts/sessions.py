"""When a session was begun and last used, for those whose sessions end early."""

from __future__ import annotations

import time
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

IDLE_SECONDS = 3 * 3600
WHOLE_SECONDS = 12 * 3600
MARK_EVERY = 300
"""A look at a page writes at most this often that the session is in use."""

_BEGUN, _SEEN = "begun_at", "seen_at"


def session_is_over(request: HttpRequest) -> bool:
    """Whether the session has been idle for too long, or lasted too long; else marks that it is in use."""
    now = int(time.time())
    seen = request.session.get(_SEEN, now)
    if now - seen > IDLE_SECONDS or now - request.session.get(_BEGUN, now) > WHOLE_SECONDS:
        return True
    if _BEGUN not in request.session or now - seen >= MARK_EVERY:
        request.session[_SEEN] = now
        request.session.setdefault(_BEGUN, now)
    return False


def session_renew(request: HttpRequest) -> None:
    """Give the session a new key, as its rights change; it stays in the person's list under the new one."""
    old = request.session.session_key
    request.session.cycle_key()
    UserSession.objects.filter(session_key=old).update(session_key=request.session.session_key)


@receiver(user_logged_in)
def _session_begins(sender: Any, request: HttpRequest | None, **kwargs: Any) -> None:
    if request is not None:
        request.session[_BEGUN] = request.session[_SEEN] = int(time.time())
