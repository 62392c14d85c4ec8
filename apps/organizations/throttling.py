"""How many calls a token may make: counted in Redis, in one step, and told in the headers of every answer.

Headers as in draft-ietf-httpapi-ratelimit-headers (10 and 11): the policy with its quota and window, and what is left of it.
The limit protects the machine and not a secret: without Redis the API goes on, uncounted.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import redis
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework import exceptions

logger = logging.getLogger(__name__)

SECONDS = {"s": 1, "sec": 1, "min": 60, "hour": 3600}
POLICY = "token"
_COUNT = """
local calls = redis.call('INCR', KEYS[1])
if calls == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return {calls, redis.call('TTL', KEYS[1])}
"""


class Usage(NamedTuple):
    quota: int
    window: int
    left: int
    reset: int
    """Seconds until the quota is whole again."""

    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Policy": f'"{POLICY}";q={self.quota};w={self.window}',
            "RateLimit": f'"{POLICY}";r={self.left};t={self.reset}',
        }


def parse_rate(text: str) -> tuple[int, int]:
    """``600/min`` as calls and seconds."""
    quota, _slash, unit = text.partition("/")
    return int(quota), SECONDS[unit]


def count_call(request: HttpRequest, token_id: int) -> None:
    """Count a call of the token; its usage goes into the headers of the answer. ``Throttled`` when the quota is used up."""
    quota, window = parse_rate(settings.API_RATE)
    try:
        calls, reset = _counter()(keys=[f"api-rate:{token_id}:{window}"], args=[window])
    except redis.RedisError as error:
        logger.warning("calls are not counted: %s", type(error).__name__)
        return
    usage = Usage(quota, window, max(0, quota - calls), max(1, reset))
    request.api_usage = usage  # type: ignore[attr-defined]  # read by RateLimitMiddleware
    if calls > quota:
        raise exceptions.Throttled(wait=usage.reset)


@cache
def _counter() -> Any:
    connection = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.25, socket_connect_timeout=0.25)
    return connection.register_script(_COUNT)


class RateLimitMiddleware:
    """Tells every caller with a token how many calls are left."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        usage: Usage | None = getattr(request, "api_usage", None)
        if usage is not None:
            for name, value in usage.headers().items():
                response.headers[name] = value
        return response


def describe_limit(result: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
    """A hook of the OpenAPI document: every operation may answer 429, and says what is left."""
    header = {"schema": {"type": "string"}}
    refusal = {
        "description": "Too Many Requests: the token's quota is used up.",
        "headers": {
            "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds until the next call is served."},
            "RateLimit-Policy": header
            | {"description": 'The quota `q` of each window of `w` seconds: "token";q=600;w=60'},
            "RateLimit": header
            | {"description": 'What is left, `r`, and seconds until it is whole, `t`: "token";r=0;t=12'},
        },
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"].setdefault("429", refusal)
    return result
