"""What every part of the REST API shares: problem details, and viewsets that start from what the actor sees."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import models
from django.http import Http404
from django.utils.encoding import force_str
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler
from rest_framework.viewsets import GenericViewSet

from .actor import Actor
from .errors import DomainError
from .rest import actor_of
from .services import fetch

PROBLEM_JSON = "application/problem+json"
QUOTA_EXCEEDED = {
    "type": "https://iana.org/assignments/http-problem-types#quota-exceeded",
    "violated-policies": ["token"],
}


def problem(status: int, detail: Any, **members: Any) -> Response:
    """An RFC 9457 answer: ``type``, ``title``, ``status``, ``detail`` and members of its own."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": force_str(detail),
        **members,
    }
    return Response(body, status=status, content_type=PROBLEM_JSON)


def problem_details(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every error as problem details, field errors under ``errors``."""
    if isinstance(error, DjangoValidationError):
        return problem(400, "Some values are not valid.", errors=_field_errors(error))
    if isinstance(error, exceptions.ValidationError):
        return problem(400, "Some values are not valid.", errors=_by_path(error.detail))
    if isinstance(error, DomainError):
        return problem(error.status, error.reason or error.title, type=error.kind, **error.members())
    if isinstance(error, Http404):
        return problem(404, "Not found")
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, exceptions.Throttled):
        answer = problem(429, error.detail, **QUOTA_EXCEEDED)
    else:
        answer = problem(response.status_code, getattr(error, "detail", ""))
    for name in ("WWW-Authenticate", "Retry-After", "Allow"):
        if name in response.headers:
            answer[name] = response.headers[name]
    return answer


def _field_errors(error: DjangoValidationError) -> dict[str, list[str]]:
    if hasattr(error, "error_dict"):
        return {
            "non_field_errors" if name == "__all__" else name: messages for name, messages in error.message_dict.items()
        }
    return {"non_field_errors": error.messages}


def _by_path(detail: Any, path: str = "") -> dict[str, list[str]]:
    """The messages of nested fields by their path: ``criteria.1.weight``."""
    if isinstance(detail, dict):
        parts = list(detail.items())
    elif any(isinstance(part, dict | list) for part in detail):
        parts = list(enumerate(detail))
    else:
        return {path or "non_field_errors": [str(message) for message in detail]}
    messages: dict[str, list[str]] = {}
    for name, part in parts:
        messages |= _by_path(part, f"{path}.{name}" if path else str(name))
    return messages


class ProblemSerializer(serializers.Serializer):
    """The body of every error (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = serializers.DictField(  # type: ignore[assignment]  # the member's name is fixed by our API
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="Messages by field, when values were not valid.",
    )


def problem_responses(*statuses: int) -> dict[tuple[int, str], Any]:
    """The error answers of an operation for its schema."""
    return {
        (status, PROBLEM_JSON): OpenApiResponse(ProblemSerializer, description=HTTPStatus(status).phrase)
        for status in statuses
    }


class ActorViewSet(GenericViewSet):
    """A viewset whose rows are those that the actor sees.

    Subclasses give ``queryset`` (a manager's ``all()`` whose QuerySet has ``visible_to``), ``serializer_class`` and, when
    acts take input, ``input_serializers`` by action.
    """

    lookup_value_regex = r"\d+"
    input_serializers: dict[str, type[serializers.Serializer]] = {}

    @property
    def actor(self) -> Actor:
        return actor_of(self.request)

    def get_queryset(self) -> models.QuerySet[Any]:
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return rows.none()
        visible: models.QuerySet[Any] = rows.visible_to(self.actor)  # type: ignore[attr-defined]  # see the class docstring
        return visible

    def retrieve(self, request: Request, pk: str) -> Response:
        return self.answer(pk)

    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def answer(self, pk: int | str, status: int = 200) -> Response:
        """One row as the actor sees it now."""
        row = fetch(self.get_queryset(), pk=pk)
        return Response(self.get_serializer(row).data, status=status)

    def input(self) -> dict[str, Any]:
        """The valid input of the current act; 400 with the fields that are not."""
        serializer = self.input_serializers[self.action](data=self.request.data)
        serializer.is_valid(raise_exception=True)
        data: dict[str, Any] = serializer.validated_data
        return data


def act_schema(output: Any, *, request: Any = None, status: int = 200, **kwargs: Any) -> Callable[..., Any]:
    """The schema of an act: its input, the row as answer, and the refusals that every act knows."""
    responses: dict[Any, Any] = {status: output, **problem_responses(400, 401, 403, 404, 409)}
    return extend_schema(request=request, responses=responses, **kwargs)
