"""Where a request comes from, told by what cannot be forged."""

from __future__ import annotations

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The client's IP address.

    ``X-Forwarded-For`` is read only as far as ``TRUSTED_PROXY_COUNT`` proxies of ours have written it, counted from its
    end; what a client wrote before that changes nothing. Without such proxies it is the peer of the connection.
    """
    peer = _valid(request.META.get("REMOTE_ADDR", ""))
    trusted: int = settings.TRUSTED_PROXY_COUNT
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    if trusted < 1 or len(hops) < trusted:
        return peer
    return _valid(hops[-trusted].strip()) or peer


def _valid(text: str) -> str:
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)
