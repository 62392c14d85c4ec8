from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse

from ..sight import anchor_of

register = template.Library()


@register.simple_tag(takes_context=True)
def sight_url(context: dict[str, Any], row: Any) -> str:
    """The address of “who can see this” of ``row``; "" to those who may not ask."""
    anchor = anchor_of(row._meta.model_name)
    return (
        reverse(f"organizations:{anchor.name}_sight", args=[row.pk])
        if anchor.decide(context["request"].actor, row)
        else ""
    )
