"""The counted portal with DRF's throttle in the place of our counter: for the control of ``test_guesses`` alone."""

from __future__ import annotations

from typing import Any

from .counting import application  # isort: skip  # sets Django up

from rest_framework.throttling import SimpleRateThrottle

from apps.accounts import limits

__all__ = ["application"]


class Throttle(SimpleRateThrottle):
    rate = "10/hour"

    def __init__(self, key: str) -> None:
        super().__init__()
        self.name = key

    def get_cache_key(self, request: Any, view: Any) -> str:
        return self.name


def take(key: str, rules: limits.Rules, mark: str = "") -> None:
    if rules == limits.PER_ACCOUNT and not Throttle(key).allow_request(None, None):
        raise limits.TooManyAttempts(60)


limits.take = take
