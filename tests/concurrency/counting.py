"""The portal with a password hasher that writes down each call, as a WSGI application: for ``test_guesses`` alone.

It is the fast hasher of the tests, so that thousands of sign-ins take seconds; ``SLOW_HASH`` makes it take as long as a real one.
"""

from __future__ import annotations

import os
import time

from collab_portal.wsgi import application  # isort: skip  # sets Django up

from django.conf import settings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection

PAUSE = float(os.environ.get("SLOW_HASH", "0"))

__all__ = ["application"]


class CountingHasher(MD5PasswordHasher):
    """Every look at a password, and the same work done for an unknown address, comes through ``encode``."""

    def encode(self, password: str, salt: str) -> str:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO hash_calls DEFAULT VALUES")
        time.sleep(PAUSE)
        encoded: str = super().encode(password, salt)
        return encoded


settings.PASSWORD_HASHERS = ["tests.concurrency.counting.CountingHasher"]
