"""What notifications hold about people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import F, Func, JSONField, Q, Value
from django.utils.translation import gettext_lazy as _

from apps.privacy.register import ERASE, ERASED, EXPORT, personal

NAMED = ("student", "tutor")
"""Parameters of texts that are the name of a person; a test compares them with the kinds."""


def _without(key: str) -> Any:
    """The parameters with this one blanked."""
    value = Value(ERASED, output_field=JSONField())
    return Func(F("params"), Value([key]), value, function="jsonb_set", output_field=JSONField())


def _naming(key: str) -> Callable[[Any], Q]:
    """Notifications whose text names the person by this parameter."""
    return lambda person: Q(**{f"params__{key}": person.name})


personal(
    "notifications.Delivery",
    title=_("Notifications"),
    person="user",
    act=EXPORT,
    retention="notification",
    why=_("What you were told, and when you read it."),
    reveal={"text": lambda delivery: delivery.notification.text},
    since="notification__created_at",
)
personal(
    "notifications.Notification",
    find=lambda person: Q(pk__in=[]),
    act=ERASE,
    retention="notification",
    why=_("The texts of notifications; they go when nobody has them any more."),
    only=Q(deliveries=None),
    since="created_at",
)
for _key in NAMED:
    personal(
        "notifications.Notification",
        find=_naming(_key),
        act=ERASE,
        retention="notification",
        why=_("Your name in what others were told."),
        blank={"params": _without(_key)},
    )
