"""A kind of notification of the tests' own, and deliveries of it."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.jobs.outbox import outbox_relay
from apps.notifications.kinds import Kind, register
from apps.notifications.models import Delivery
from apps.notifications.services import notify

ENGLISH = "Select a valid choice. It is not one of the available choices."
CHINESE = "选择一个有效的选项。 It 不在可用的选项中。"


@register
class Noticed(Kind):
    """To everyone in the payload, named more than once by the query."""

    code = "tests_noticed"
    # A text that Django has translated.
    text = _("Select a valid choice. %(value)s is not one of the available choices.")

    def recipients(self, payload: dict[str, Any]) -> QuerySet[User]:
        return User.objects.filter(pk__in=payload["people"]).order_by("name")

    def params(self, payload: dict[str, Any]) -> dict[str, str]:
        return {"value": payload.get("what", "It"), "url": "/agreements/"}


@register
class Whispered(Noticed):
    code = "tests_whispered"
    mail = False


def tell(*people: User, key: str = "1", kind: str = "tests_noticed", **payload: Any) -> None:
    """Say it and have it delivered."""
    with transaction.atomic():
        notify(kind, key=key, people=[person.pk for person in people], **payload)
    outbox_relay()


def delivered(person: User, **payload: Any) -> Delivery:
    """One delivery to this person."""
    tell(person, key=f"{person.pk}:{Delivery.objects.count()}", **payload)
    return Delivery.objects.filter(user=person).latest("pk")
