"""Devices that an account has signed in from: a signed cookie that its owner's browser keeps.

The cookie holds a random number of the device and the keys of the accounts that signed in there (keyed hashes: it names
nobody). It opens nothing; it only lets the device's tries be counted apart from those of strangers (``limits``).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

YEAR = 365 * 24 * 3600
MOST_ACCOUNTS = 5
_SALT = "accounts.devices"


def device_of(request: HttpRequest, account: str) -> str:
    """The number of the device when this account has signed in from it, else an empty text."""
    device, accounts = _read(request)
    return device if account in accounts else ""


def device_remember(request: HttpRequest, account: str) -> None:
    """This account has now signed in from the device of ``request``: the answer's cookie will say so."""
    request.new_account_of_device = account  # type: ignore[attr-defined]  # read by DeviceMiddleware


class DeviceMiddleware:
    """Writes the cookie when somebody has signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        account = getattr(request, "new_account_of_device", "")
        if account:
            _write(request, response, account)
        return response


def _read(request: HttpRequest) -> tuple[str, list[str]]:
    try:
        device, *accounts = signing.loads(
            request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""), salt=_SALT, max_age=YEAR
        )
    except (signing.BadSignature, ValueError):
        return "", []
    return device, accounts


def _write(request: HttpRequest, response: HttpResponse, account: str) -> None:
    device, accounts = _read(request)
    others = [other for other in accounts if other != account][: MOST_ACCOUNTS - 1]
    value = signing.dumps([device or secrets.token_hex(8), account, *others], salt=_SALT)
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        value,
        max_age=YEAR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
