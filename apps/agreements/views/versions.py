"""One version of an agreement to read, and two beside each other."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.core.actor import Actor
from apps.core.errors import NotFound
from apps.core.services import fetch
from apps.core.views import PortalRequest

from ..differences import differences
from ..models import AgreementVersion
from ..policies import shown_part
from ..reading import reading_of
from ..turns import turns_of, with_papers


def _version(actor: Actor, pk: str | int) -> AgreementVersion:
    rows = AgreementVersion.objects.visible_to(actor).whole().select_related("agreement__framework", "drafted_by")
    return fetch(rows, pk=pk)


def _others(actor: Actor, version: AgreementVersion) -> list[AgreementVersion]:
    """The versions that the actor sees beside this one, the newest first."""
    rows = AgreementVersion.objects.visible_to(actor).filter(agreement=version.agreement_id).exclude(pk=version.pk)
    return list(rows.defer("terms").order_by("-number"))


def _crumbs(version: AgreementVersion) -> list[dict[str, Any]]:
    agreement = version.agreement
    return [
        {"label": _("Agreements"), "url": reverse("agreements:agreement_list")},
        {"label": agreement.title, "url": reverse("agreements:agreement_detail", args=[agreement.pk])},
    ]


@require_safe
def version_detail(request: PortalRequest, pk: int) -> HttpResponse:
    """What it says to the actor's side, who signed it how, and the versions to compare it with."""
    actor = request.actor
    version = with_papers(_version(actor, pk))
    party = shown_part(actor, version)
    return render(
        request,
        "agreements/version_detail.html",
        {
            "version": version,
            "agreement": version.agreement,
            "crumbs": _crumbs(version),
            "text": reading_of(version, party),
            "content_hash": version.hash_for(party),
            "turns": turns_of(actor, version),
            "others": _others(actor, version),
        },
    )


@require_safe
def version_compare(request: PortalRequest, pk: int) -> HttpResponse:
    """Two versions side by side: only what differs. With ``?with=`` the other one; without, the one before."""
    actor = request.actor
    version = _version(actor, pk)
    others = _others(actor, version)
    chosen = request.GET.get("with", "")
    if chosen:
        other = next((one for one in others if str(one.pk) == chosen), None)
    else:
        other = next((one for one in others if one.number < version.number), None) or next(iter(others), None)
    if other is None:
        raise NotFound
    older, newer = sorted([_version(actor, other.pk), version], key=lambda one: one.number)
    party = shown_part(actor, newer) or shown_part(actor, older)
    return render(
        request,
        "agreements/version_compare.html",
        {
            "version": version,
            "older": older,
            "newer": newer,
            "others": others,
            "crumbs": _crumbs(version),
            "changes": differences(older.document(party), newer.document(party)),
        },
    )
