"""Requests to addresses that somebody else chose: never to the inside, never for long, never for much."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError

TIMEOUT = 5
LARGEST = 512 * 1024

# Spelled out, as the properties of ``ipaddress`` differ by version and know neither NAT64 nor the clouds' metadata.
_INSIDE = [
    ip_network(network)
    for network in [
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"),
        *("192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
        *("224.0.0.0/4", "240.0.0.0/4", "::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64"),
        *("2001::/23", "2001:db8::/32", "2002::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"),
    ]
]


class Forbidden(requests.ConnectionError):
    """The address leads inside."""


def is_inside(address: str) -> bool:
    """Whether this IP address is none of the public network."""
    parsed: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    return any(parsed in network for network in _INSIDE if network.version == parsed.version)


def public_addresses(host: str, port: int) -> list[str]:
    """The IP addresses of a host; ``Forbidden`` when one of them leads inside, ``OSError`` when it has none."""
    found = sorted({str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)})
    if not settings.OUTBOUND_INSIDE_ALLOWED and any(is_inside(address) for address in found):
        raise Forbidden(f"{host} leads inside")
    return found


def check_outbound(url: str) -> None:
    """``ValidationError`` unless the portal may call this address: https, a name or address outside, no user name."""
    parts = urlsplit(url)
    schemes = {"https", "http"} if settings.OUTBOUND_INSIDE_ALLOWED else {"https"}
    if parts.scheme not in schemes or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValidationError(_("Give an address that begins with https://, without user name, “?” or “#”."))
    try:
        public_addresses(parts.hostname, parts.port or 443)
    except (OSError, ValueError) as error:
        raise ValidationError(_("This address cannot be reached from the portal.")) from error


class _Checked:
    """Connects to an address that was looked at, so that no second answer of the name server leads elsewhere."""

    _dns_host: str

    def _new_conn(self) -> socket.socket:
        name = self._dns_host
        try:
            self._dns_host = public_addresses(name, self.port)[0]  # type: ignore[attr-defined]  # of urllib3's connection
        except Forbidden as error:
            raise NewConnectionError(self, str(error)) from error  # type: ignore[arg-type]  # is a connection below
        except OSError as error:
            raise NewConnectionError(self, "no such host") from error  # type: ignore[arg-type]  # is a connection below
        try:
            connection: socket.socket = super()._new_conn()  # type: ignore[misc]  # that of urllib3
        finally:
            self._dns_host = name
        return connection


class _CheckedHTTP(_Checked, HTTPConnection):
    pass


class _CheckedHTTPS(_Checked, HTTPSConnection):
    pass


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _CheckedHTTP


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _CheckedHTTPS


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}


class OutboundSession(requests.Session):
    """Like ``requests.Session``: outside only, five seconds, half a megabyte, no redirects, no proxy of the environment."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter())

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs.update(timeout=TIMEOUT, allow_redirects=False, stream=True)
        response = super().request(*args, **kwargs)
        body = response.raw.read(LARGEST + 1, decode_content=True)
        response.close()
        if len(body) > LARGEST:
            raise requests.ConnectionError("the answer is too large")
        # As requests itself marks what was read.
        response._content = body
        response._content_consumed = True
        return response
