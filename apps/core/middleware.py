"""Turns the refusals of services into pages."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from .errors import DomainError, NotConfirmed


class DomainErrorMiddleware:
    """``NotFound``, ``NotAllowed`` and ``WrongState`` raised by a view become the 404, 403 and 409 pages.

    So does a ``ValidationError`` of an act without a form: the 400 page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, ValidationError):
            return render(request, "400.html", {"reason": " ".join(exception.messages)}, status=400)
        if not isinstance(exception, DomainError) or isinstance(exception, NotConfirmed):
            # The last one is answered by those who know how people confirm.
            return None
        return render(request, f"{exception.status}.html", {"reason": exception.reason}, status=exception.status)
