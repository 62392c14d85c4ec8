"""Pages of agreements."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.core.actor import Actor
from apps.core.services import fetch
from apps.core.views import PortalRequest

from ..models import Agreement, AgreementVersion
from ..policies import (
    can_amend,
    can_edit,
    can_resume,
    can_sign,
    can_terminate,
    in_force,
    is_side_of,
    shown_part,
)
from ..reading import reading_of
from ..services.complete import gaps
from ..tabs import tabs_of
from ..timeline import acts_of
from ..turns import own_turn, turns_of, with_papers

INDIVIDUAL = 5
"""How many agreements under a framework its page names."""


@require_safe
def agreement_detail(request: PortalRequest, pk: int) -> HttpResponse:
    """What it says, whose turn it is since when, what the actor can do next, what happened."""
    actor = request.actor
    agreement = fetch(
        Agreement.objects.visible_to(actor)
        .select_related("drafted_by", "mode", "framework__mode", "suspended_by")
        .prefetch_related("parties"),
        pk=pk,
    )
    versions = list(
        AgreementVersion.objects.visible_to(actor)
        .filter(agreement=agreement)
        .select_related("drafted_by")
        .defer("terms")
        .order_by("-number")
    )
    return render(
        request,
        "agreements/agreement_detail.html",
        {
            "agreement": agreement,
            "versions": versions,
            "individual": Agreement.objects.visible_to(actor).filter(framework=agreement)[: INDIVIDUAL + 1],
            "individual_most": INDIVIDUAL,
            "tabs": tabs_of(agreement, "agreement"),
            "acts": acts_of(actor, agreement, {version.number for version in versions}),
            **_open(actor, agreement, versions),
            **_standing(actor, agreement, versions),
        },
    )


def _whole(agreement: Agreement, version: AgreementVersion) -> AgreementVersion:
    found = with_papers(fetch(AgreementVersion.objects.whole().select_related(None), pk=version.pk))
    found.agreement = agreement
    return found


def _open(actor: Actor, agreement: Agreement, versions: list[AgreementVersion]) -> dict[str, Any]:
    """The version that is drafted or signed: its signatures, and what the actor may do with it."""
    row = next((version for version in versions if version.state in AgreementVersion.OPEN), None)
    if row is None:
        hidden = agreement.state == Agreement.State.DRAFT
        return {"open": None, "taken_back": hidden and agreement.drafted_by_id != actor.organization_id}
    version = _whole(agreement, row)
    edit = can_edit(actor, version)
    page: dict[str, Any] = {
        "open": version,
        "edit": edit if version.drafted_by_id == actor.organization_id else None,
        "text": reading_of(version, shown_part(actor, version)),
    }
    if version.state == AgreementVersion.State.DRAFT:
        return page | {"missing": [word for words in gaps(version).values() for word in words] if edit else []}
    _signer, sign = own_turn(actor, version)
    given = {one.standing.membership_id for one in version.circuit if one.standing is not None}
    own = [one for one in version.circuit if is_side_of(actor, one.party)]
    is_missing = actor.membership_id not in given and any(one.standing is None for one in own)
    page |= {
        "turns": turns_of(actor, version),
        "sign": sign if is_missing else None,
        "answer": bool(can_sign(actor, version)),
    }
    return page


def _standing(actor: Actor, agreement: Agreement, versions: list[AgreementVersion]) -> dict[str, Any]:
    """The version in force, or the last one when none is open: what it says, and what the actor may do with it."""
    states = AgreementVersion.State
    holding = next((version for version in versions if version.state == states.IN_FORCE), None)
    is_open = any(version.state in AgreementVersion.OPEN for version in versions)
    row = holding or (versions[0] if versions and not is_open else None)
    if row is None:
        return {"holds": None}
    version = _whole(agreement, row)
    stands = agreement.state in Agreement.STANDING
    return {
        "holds": version,
        "holds_turns": turns_of(actor, version),
        "holds_text": reading_of(version, shown_part(actor, version)),
        "amend": can_amend(actor, agreement) if stands else None,
        "terminate": can_terminate(actor, agreement) if stands else None,
        "resume": can_resume(actor, agreement) if agreement.state == Agreement.State.SUSPENDED else None,
        "force": in_force(agreement) if stands else None,
    }
