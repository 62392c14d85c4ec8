"""API tokens: made, found, used, revoked. The secret leaves once; its SHA-256 stays."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from apps.accounts.mail import queue_mail
from apps.audit.models import SecurityEvent
from apps.audit.services import security_event_record
from apps.core.actor import Actor
from apps.core.services import fetch, fetch_locked, require_confirmed, save_valid, service

from .models import ApiToken, Membership
from .policies import can_create_tokens, can_revoke_token
from .principal import TokenUse, token_with

MAX_DAYS = 3650
USE_IS_WRITTEN_EVERY = timedelta(minutes=1)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@service
def token_create(actor: Actor, *, membership_id: int, name: str, scope: str, days: int = 365) -> tuple[ApiToken, str]:
    """A new token of a current membership, and its secret (shown once). A repeat makes another token.

    Its administrator has to have given the second factor just now, so that no token makes tokens. Somebody else in whose
    name it will act is told by mail. ``ValidationError`` when ``days`` is not between 1 and 3650.
    """
    membership = fetch(Membership.objects.visible_to(actor).current().select_related("user"), pk=membership_id)
    can_create_tokens(actor, membership.organization_id).require()
    require_confirmed(actor)
    if not 0 < days <= MAX_DAYS:
        raise ValidationError({"days": _("A token is valid for 1 to %(most)d days.") % {"most": MAX_DAYS}})
    secret = f"cp_{secrets.token_urlsafe(32)}"
    token = ApiToken(
        membership=membership,
        name=name,
        scope=scope,
        digest=_digest(secret),
        expires_at=timezone.now() + timedelta(days=days),
    )
    save_valid(token)
    security_event_record(SecurityEvent.Kind.TOKEN_CREATED, actor=actor, about={"token": token.pk})
    if actor.is_person and membership.user_id != actor.user_id:
        _tell(token)
    return token, secret


def _tell(token: ApiToken) -> None:
    person = token.membership.user
    with translation.override(person.language):
        queue_mail(
            to=person.email,
            subject=_("A program may now act in your name"),
            body=_(
                "Dear %(person)s,\n\nan administrator of %(organization)s made the API token “%(name)s” (%(scope)s). "
                "What a program does with it in the portal counts as done by you.\n\n"
                "You can see and revoke it in the portal, under “API tokens”.\n"
            )
            % {
                "person": person.name,
                "organization": token.membership.organization.name,
                "name": token.name,
                "scope": token.get_scope_display(),
            },
        )


@service
def token_revoke(actor: Actor, *, token_id: int) -> ApiToken:
    """The token opens nothing from the next request on. A repeat keeps the first time."""
    token = fetch_locked(ApiToken.objects.visible_to(actor).select_related("membership"), pk=token_id)
    can_revoke_token(actor, token).require()
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        security_event_record(SecurityEvent.Kind.TOKEN_REVOKED, actor=actor, about={"token": token.pk})
    return token


def token_found(secret: str) -> TokenUse | None:
    """The token with this secret, or ``None`` when it is unknown, expired, revoked, or its membership has ended."""
    return token_with(_digest(secret))


def token_used(use: TokenUse, address: str) -> None:
    """Write down when and from where the token was used, at most once a minute: no statement in between."""
    now = timezone.now()
    before = now - USE_IS_WRITTEN_EVERY
    if use.last_used_at is not None and use.last_used_at > before:
        return
    fresh = Q(last_used_at=None) | Q(last_used_at__lte=before)
    ApiToken.objects.filter(fresh, pk=use.token_id).update(last_used_at=now, last_address=address or None)
