"""Second factors: who has one, and when it was given in this session."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, F, OuterRef
from django.dispatch import receiver
from django.http import HttpRequest

from .models import User

CONFIRMED_FOR = 300
"""Seconds for which a second factor that was given stands for the person."""

_STRONG = (Authenticator.Type.TOTP.value, Authenticator.Type.WEBAUTHN.value)


def has_second_factor(person: OuterRef | F | int) -> Exists:
    """Whether this person can give a second factor; recovery codes alone are none."""
    return Exists(Authenticator.objects.filter(user_id=person, type__in=_STRONG).order_by())


def factor_given_at(request: HttpRequest) -> float:
    """When the second factor was last given in this session; 0 when it was not."""
    return float(_last_given(request).get("at", 0))


def factor_given(request: HttpRequest) -> str:
    """The kind of second factor that was last given in this session: ``totp``, ``webauthn``, ``recovery_codes``, or none."""
    return str(_last_given(request).get("type", ""))


def _last_given(request: HttpRequest) -> dict[str, Any]:
    user = request.user
    if isinstance(user, AnonymousUser):
        return {}
    given = [record for record in get_authentication_records(request, user) if record.get("method") == "mfa"]
    return given[-1] if given else {}


def is_confirmed(request: HttpRequest) -> bool:
    """Whether the second factor was given in this session just now."""
    return time.time() - factor_given_at(request) < CONFIRMED_FOR


def factors_of(user_id: int) -> set[str]:
    """The kinds of factors that a person has set up: ``totp``, ``webauthn``, ``recovery_codes``."""
    return set(Authenticator.objects.filter(user_id=user_id).values_list("type", flat=True))


@receiver(authenticator_added)
def _who_sets_one_up_has_given_it(
    sender: Any, request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any
) -> None:
    if authenticator.type in _STRONG:
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type, reauthenticated=True)
