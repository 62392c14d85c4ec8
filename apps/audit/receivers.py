"""What happens to accounts, as Django and allauth announce it."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import password_changed, password_reset, password_set
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
)
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import Signal, receiver
from django.http import HttpRequest

from apps.accounts.models import User

from .models import SecurityEvent
from .services import security_event_record

Kind = SecurityEvent.Kind
# By the signal: each is sent with ``request`` and ``user``.
ANNOUNCED: dict[str, tuple[Signal, ...]] = {
    Kind.SIGNED_IN: (user_logged_in,),
    Kind.SIGNED_OUT: (user_logged_out,),
    Kind.PASSWORD_CHANGED: (password_changed, password_set),
    Kind.PASSWORD_RESET: (password_reset,),
    Kind.FACTOR_ADDED: (authenticator_added,),
    Kind.FACTOR_REMOVED: (authenticator_removed,),
    Kind.FACTOR_RESET: (authenticator_reset,),
    Kind.FACTOR_FAILED: (authentication_failed,),
}


def _listen(kind: str, signals: tuple[Signal, ...]) -> None:
    def record(sender: Any, user: User | None = None, request: HttpRequest | None = None, **kwargs: Any) -> None:
        if user is not None:
            security_event_record(kind, user_id=user.pk, request=request)

    for signal in signals:
        signal.connect(record, weak=False, dispatch_uid=f"audit {kind} {signals.index(signal)}")


for kind, signals in ANNOUNCED.items():
    _listen(kind, signals)


@receiver(user_login_failed)
def record_failure(sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any) -> None:
    """The person whose address it is, if there is one; what was typed is not kept. The same work for both."""
    address = str(credentials.get("email") or credentials.get("username") or "").replace("\x00", "")
    try:
        user_id = User.objects.get_by_natural_key(address).pk
    except User.DoesNotExist:
        user_id = None
    security_event_record(Kind.SIGN_IN_FAILED, user_id=user_id, request=request)
