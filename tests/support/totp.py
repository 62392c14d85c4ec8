"""Codes of authenticator apps, each given out once: the portal takes none twice."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time

PERIOD = 30
_last: dict[str, int] = {}


def fresh_code(secret: str) -> str:
    """The code of this moment; waits for the next one when this one was given out before."""
    step = int(time.time()) // PERIOD
    if step <= _last.get(secret, 0):
        step = _last[secret] + 1
        time.sleep(max(0.0, step * PERIOD - time.time()) + 0.2)
    _last[secret] = step
    return code_at(secret, step)


def code_now(secret: str) -> str:
    """The code of this moment, for who is met for the first time."""
    return code_at(secret, int(time.time()) // PERIOD)


def code_at(secret: str, step: int) -> str:
    """RFC 6238 with SHA-1 and six digits."""
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1)
    offset = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**6:06d}"
