"""What a sign-in brings with it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from .devices import device_remember
from .limits import account_key
from .models import User


@receiver(user_logged_in)
def know_the_device(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """From now on this browser counts for itself: nobody else's wrong guesses can lock its owner out."""
    device_remember(request, account_key(user.email))
