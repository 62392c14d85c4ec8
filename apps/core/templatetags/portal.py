"""Template tags of the house."""

from django import template

register = template.Library()

# One meaning of colour for the states of all apps: nothing started, waits for somebody, good, over and bad.
_TONES = {
    "draft": "neutral",
    "preparing": "warning",
    "awaiting_signatures": "warning",
    "submitted": "warning",
    "not_concluded": "neutral",
    "in_force": "success",
    "suspended": "warning",
    "superseded": "neutral",
    "lapsed": "danger",
    "published": "success",
    "accepted": "success",
    "active": "success",
    "open": "info",
    "completed": "info",
    "closed": "neutral",
    "withdrawn": "neutral",
    "rejected": "danger",
    "terminated": "danger",
    "broken_off": "danger",
    "waiting": "neutral",
    "running": "info",
    "done": "success",
    "owed": "info",
    "reported": "warning",
    "waived": "neutral",
    "replaced": "neutral",
    "failed": "danger",
    "cancelled": "neutral",
    "pending": "warning",
    "asked": "warning",
    "refused": "neutral",
    "carried_out": "neutral",
    "approved": "success",
    "expired": "neutral",
    "revoked": "neutral",
}


@register.filter
def tone(state: str) -> str:
    """The tone of a state's badge."""
    return _TONES[state]
