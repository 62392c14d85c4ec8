"""``Idempotency-Key`` on creating POSTs: one effect, one answer, however often the request is sent.

Same key and body: the same answer. Same key, other body: 422. While the first is in flight: 409. Refusals (4xx, 5xx) are
not remembered: nothing happened, so the client may try again. The answer is stored in the transaction of the effect.
"""

from __future__ import annotations

import hashlib

from django.db import connection, transaction
from drf_spectacular.utils import OpenApiParameter
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import problem
from apps.core.rest import actor_of

from .models import IdempotentAnswer

MAX_KEY = 100

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    location=OpenApiParameter.HEADER,
    description="Any unique text. The same key and body give the same answer and one effect.",
)


class IdempotentCreate:
    """Mixin for viewsets whose POST makes something; the subclass's ``perform_create_once`` does it."""

    def create(self, request: Request) -> Response:
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            return self.perform_create_once(request)
        if len(key) > MAX_KEY:
            return problem(400, f"The Idempotency-Key is longer than {MAX_KEY} characters.")
        user_id = actor_of(request).user_id
        fingerprint = _fingerprint(request)
        with transaction.atomic():
            if not _lock(f"{user_id}:{key}"):
                return problem(409, "The request with this Idempotency-Key is still being worked on.")
            answer = IdempotentAnswer.objects.filter(user_id=user_id, key=key).first()
            if answer is None:
                response = self.perform_create_once(request)
                IdempotentAnswer.objects.create(
                    user_id=user_id,
                    key=key,
                    fingerprint=fingerprint,
                    status=response.status_code,
                    body=response.data,
                )
                return response
        if answer.fingerprint != fingerprint:
            return problem(422, "This Idempotency-Key was used with another request.")
        return Response(answer.body, status=answer.status)

    def perform_create_once(self, request: Request) -> Response:
        """Call the service and answer 201; refusals are raised."""
        raise NotImplementedError(f"{type(self).__name__} creates nothing")


def _fingerprint(request: Request) -> str:
    """Of all that makes the request another one: as whom, where to, and the body."""
    head = f"{actor_of(request).membership_id}\0{request.path}\0".encode()
    return hashlib.sha256(head + JSONRenderer().render(request.data)).hexdigest()


def _lock(name: str) -> bool:
    """Whether this transaction got the advisory lock of ``name``; it never waits."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        row = cursor.fetchone()
    return bool(row and row[0])
