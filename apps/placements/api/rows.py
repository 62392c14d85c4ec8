"""Hot lists: plain rows of one table, written with remembered names and without a serializer at work."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import ActorViewSet

Row = dict[str, Any]


class NamedSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()


def named(pk: int | None, names: dict[int, str]) -> Row | None:
    return None if pk is None else {"id": pk, "name": names[pk]}


def moment(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()


class RowViewSet(ActorViewSet):
    """A viewset that reads ``fields`` of its own table alone; ``serializer_class`` only describes what ``write`` makes."""

    fields: ClassVar[tuple[str, ...]]

    def write(self, rows: Sequence[Row]) -> list[Row]:
        """The rows as they are answered."""
        raise NotImplementedError(f"{type(self).__name__} writes nothing")

    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()).values(*self.fields))
        return self.get_paginated_response(self.write(page or []))

    def answer(self, pk: int | str, status: int = 200) -> Response:
        row = self.get_queryset().filter(pk=pk).values(*self.fields).first()
        if row is None:
            raise Http404
        return Response(self.write([row])[0], status=status)
