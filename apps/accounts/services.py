"""What a person changes about themselves."""

from __future__ import annotations

from apps.core.actor import Actor
from apps.core.services import fetch_locked, save_valid, service

from .models import User


@service
def user_set_preferences(actor: Actor, *, language: str | None = None, theme: str | None = None) -> User:
    """Store the person's own language or theme; ``ValidationError`` on a value that is not offered."""
    user = fetch_locked(User.objects.all(), pk=actor.user_id)
    if language is not None:
        user.language = language
    if theme is not None:
        user.theme = theme
    save_valid(user)
    return user
