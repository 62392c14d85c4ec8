"""What a request proves about who signs, and what names a file."""

from __future__ import annotations

import hashlib
from typing import IO

from django.http import HttpRequest

from apps.accounts.factors import factor_given
from apps.core.addresses import client_address

from .services import Evidence


def evidence_of(request: HttpRequest) -> Evidence:
    """The second factor that was given in this session, the client's address and browser."""
    return Evidence(
        factor=factor_given(request), address=client_address(request), agent=request.headers.get("User-Agent", "")
    )


def sha256_of(file: IO[bytes]) -> str:
    """SHA-256 (hex) of a file, which is left at its beginning."""
    file.seek(0)
    digest = hashlib.sha256()
    while part := file.read(1 << 16):
        digest.update(part)
    file.seek(0)
    return digest.hexdigest()
