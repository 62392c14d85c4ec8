"""Fields that only the portal can read: AES-256-GCM for one value, HMAC-SHA-256 to find it again.

``FIELD_KEYS`` lists the keys; the first one writes, all of them read. A value carries the name of its key and is bound to its
``place`` (table, column and row), so that a value copied to another place does not open.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE = 12


class Unreadable(Exception):
    """The value was written under a key that is gone, was changed, or belongs to another place."""


def encrypt(text: str, *, place: str) -> bytes:
    """``text`` under the current key, to be opened at ``place`` alone; another value each time."""
    name, key = _keys()[0]
    nonce = secrets.token_bytes(NONCE)
    return name.encode() + b":" + nonce + AESGCM(key).encrypt(nonce, text.encode(), place.encode())


def decrypt(value: bytes | memoryview, *, place: str) -> str:
    """What ``encrypt`` was given at this ``place``; ``Unreadable`` otherwise."""
    name, _colon, sealed = bytes(value).partition(b":")
    key = dict(_keys()).get(name.decode("latin-1"))
    if key is None:
        raise Unreadable
    try:
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], place.encode()).decode()
    except InvalidTag as error:
        raise Unreadable from error


def blind_index(text: str, *, purpose: str) -> str:
    """64 hex digits that are the same for the same text and purpose, and say nothing without the key.

    By the last key of the list, the oldest, so that a new key for writing does not change what is looked up.
    """
    _name, key = _keys()[-1]
    own = hmac.digest(key, f"blind index {purpose}".encode(), hashlib.sha256)
    return hmac.new(own, text.encode(), hashlib.sha256).hexdigest()


@cache
def _keys() -> list[tuple[str, bytes]]:
    pairs = [entry.partition(":") for entry in settings.FIELD_KEYS]
    return [(name, base64.b64decode(key, validate=True)) for name, _colon, key in pairs]
