"""What applications hold about students."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.privacy.register import ERASED, EXPORT, KEEP, history, personal

LED_SOMEWHERE = Q(state="accepted") | Q(placement__isnull=False)

personal(
    "applications.Application",
    title=_("Applications that led to a place"),
    person="student__user",
    only=LED_SOMEWHERE,
    act=KEEP,
    retention="placement_record",
    why=_("A place was given on it: it belongs to the records of the placement."),
    blank={"statement": ERASED},
    since="placement__ended_at",
)
personal(
    "applications.Application",
    title=_("Other applications"),
    person="student__user",
    only=~LED_SOMEWHERE,
    act=EXPORT,
    retention="unsuccessful_application",
    why=_("You asked for a place, and nothing came of it yet."),
    since="decided_at",
)
history("applications.ApplicationEvent")
