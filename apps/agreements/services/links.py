"""One-time links: somebody without an account signs what was shown to them, once."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.mail import queue_mail

from ..models import AgreementVersion, Signer, SigningLink

LINK_DAYS = 14


def links_send(version: AgreementVersion) -> None:
    """Mail a link to those without an account whose turn it is and who have none for this text. A repeat sends none."""
    for signer in version.waiting():
        content_hash = version.hash_for(signer.party_id)
        now = timezone.now()
        good = signer.links.filter(used_at=None, expires_at__gt=now, content_hash=content_hash)
        if signer.email and not good.exists():
            link_send(signer, content_hash)


def link_send(signer: Signer, content_hash: str) -> SigningLink:
    """A new link for what is shown now; those from before open nothing any more."""
    key, now = secrets.token_urlsafe(32), timezone.now()
    signer.links.filter(used_at=None, expires_at__gt=now).update(expires_at=now)
    link = SigningLink(
        signer=signer,
        digest=digest_of(key),
        content_hash=content_hash,
        created_at=now,
        expires_at=now + timedelta(days=LINK_DAYS),
    )
    link.save()
    queue_mail(
        to=signer.email,
        subject=_("An agreement waits for your signature"),
        body=_(
            "%(name)s,\n\nyou are asked to sign an agreement as %(capacity)s. Read it and sign or refuse it within %(days)d "
            "days:\n\n%(url)s\n\nThe link works once and only for you. Do not pass it on.\n"
        )
        % {
            "name": signer.name,
            "capacity": signer.get_capacity_display(),
            "days": LINK_DAYS,
            "url": settings.SITE_URL + reverse("agreements:link_sign", args=[key]),
        },
    )
    return link


def links_drop(version: AgreementVersion, signer: Signer | None = None) -> None:
    """Make the unused links of a version, or of one signer, useless. They stay known, so that their page can say so."""
    now = timezone.now()
    links = SigningLink.objects.filter(signer__version=version, used_at=None, expires_at__gt=now)
    (links.filter(signer=signer) if signer else links).update(expires_at=now)


def digest_of(key: str) -> str:
    """SHA-256 (hex) of a link's key."""
    return hashlib.sha256(key.encode()).hexdigest()
