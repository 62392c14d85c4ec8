"""This app over REST."""

from typing import Any

urlpatterns: list[Any] = []
