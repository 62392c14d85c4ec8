"""API tokens: made, found, revoked. The secret leaves once; its SHA-256 stays."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.actor import Actor
from apps.core.services import fetch, fetch_locked, save_valid, service

from .models import ApiToken, Membership
from .policies import can_manage_members
from .principal import actor_of_token

MAX_DAYS = 3650


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@service
def token_create(actor: Actor, *, membership_id: int, name: str, scope: str, days: int = 365) -> tuple[ApiToken, str]:
    """A new token of a current membership, and its secret (shown once). A repeat makes another token.

    ``ValidationError`` when ``days`` is not between 1 and 3650.
    """
    membership = fetch(Membership.objects.visible_to(actor).current(), pk=membership_id)
    can_manage_members(actor, membership.organization_id).require()
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
    return token, secret


@service
def token_revoke(actor: Actor, *, token_id: int) -> ApiToken:
    """The token opens nothing from the next request on. A repeat keeps the first time."""
    own = Membership.objects.visible_to(actor)
    token = fetch_locked(ApiToken.objects.filter(membership__in=own), pk=token_id)
    can_manage_members(actor, token.membership.organization_id).require()
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
    return token


def token_actor(secret: str) -> Actor | None:
    """The actor of a token, or ``None`` when it is unknown, expired, revoked, or its membership has ended."""
    return actor_of_token(_digest(secret))
