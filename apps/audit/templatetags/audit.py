from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse

from ..registry import trail_of

register = template.Library()


@register.simple_tag(takes_context=True)
def history_url(context: dict[str, Any], row: Any, trail: str = "") -> str:
    """The address of the history of ``row``; "" to those who may not read it."""
    told = trail_of(trail or row._meta.model_name)
    allowed = told.decide(context["request"].actor, row)
    return reverse(f"audit:{told.name}_history", args=[row.pk]) if allowed else ""
