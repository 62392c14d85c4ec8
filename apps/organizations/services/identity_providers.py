"""Identity providers of organizations are set and taken out of use here."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from apps.core.actor import Actor
from apps.core.encryption import decrypt, encrypt
from apps.core.outbound import check_outbound
from apps.core.services import fetch, fetch_locked, save_valid, service

from ..models import IdentityProvider, Organization
from ..policies import can_activate_provider, can_manage_members


@service
def identity_provider_set(
    actor: Actor,
    *,
    organization_id: int,
    domain: str,
    issuer: str,
    client_id: str,
    client_secret: str = "",
    default_role: str = "",
) -> IdentityProvider:
    """The provider of a domain, made or changed by an administrator. A new one waits until platform staff take it into use.

    An empty ``client_secret`` keeps the one that is there. ``ValidationError`` when another organization has the domain,
    the issuer is not public https, or a new one has no secret. A repeat changes nothing.
    """
    organization = fetch(Organization.objects.visible_to(actor), pk=organization_id)
    can_manage_members(actor, organization.pk).require()
    domain = domain.strip().lower().removeprefix("@")
    issuer = issuer.strip().rstrip("/")
    _check_issuer(issuer)
    present = IdentityProvider.objects.select_for_update(no_key=True).filter(organization=organization, domain=domain)
    provider = present.first() or IdentityProvider(organization=organization, domain=domain, is_active=False)
    provider.issuer, provider.client_id, provider.default_role = issuer, client_id, default_role
    if client_secret:
        provider.client_secret = encrypt(client_secret, place=_place(domain))
    elif provider.pk is None:
        raise ValidationError({"client_secret": _("The provider gave you a secret: enter it here.")})
    save_valid(provider)
    return provider


@service
def identity_provider_activate(actor: Actor, *, provider_id: int) -> IdentityProvider:
    """Platform staff have seen that the domain belongs to the organization: its people sign in there from now on."""
    return _switch(actor, provider_id, is_active=True)


@service
def identity_provider_deactivate(actor: Actor, *, provider_id: int) -> IdentityProvider:
    """Nobody signs in through the provider from the next request on. A repeat changes nothing."""
    return _switch(actor, provider_id, is_active=False)


def client_secret_of(provider: IdentityProvider) -> str:
    """The secret as the provider gave it."""
    return decrypt(provider.client_secret, place=_place(provider.domain))


def _switch(actor: Actor, provider_id: int, *, is_active: bool) -> IdentityProvider:
    provider = fetch_locked(IdentityProvider.objects.visible_to(actor), pk=provider_id)
    if is_active:
        can_activate_provider(actor).require()
    elif not can_activate_provider(actor):
        can_manage_members(actor, provider.organization_id).require()
    provider.is_active = is_active
    save_valid(provider)
    return provider


def _check_issuer(issuer: str) -> None:
    try:
        check_outbound(issuer)
    except ValidationError as error:
        raise ValidationError({"issuer": error.messages}) from error


def _place(domain: str) -> str:
    return f"organizations_identityprovider.client_secret:{domain}"
