"""What the page of a placement says about its tri-party agreement."""

from __future__ import annotations

from typing import Any

from apps.agreements.models import Agreement, AgreementVersion
from apps.agreements.turns import own_turn
from apps.core.actor import Actor

from .models import Placement
from .policies import can_make_agreement
from .services.agreements import OPEN


def agreement_card(actor: Actor, placement: Placement) -> dict[str, Any]:
    """The agreement as far as the actor sees it, who has to sign it now, whether that is the actor, and who makes it."""
    agreement = placement.agreement
    missing = agreement is None or agreement.state not in OPEN
    may_make = can_make_agreement(actor, placement).allowed and placement.state in Placement.UNDER_WAY
    card: dict[str, Any] = {"agreement": agreement, "make": missing and may_make, "sees": False, "waiting": []}
    if agreement is None:
        return card
    card["sees"] = Agreement.objects.visible_to(actor).filter(pk=agreement.pk).exists()
    if card["sees"] and agreement.state == Agreement.State.AWAITING_SIGNATURES:
        rows = AgreementVersion.objects.visible_to(actor).whole().select_related("agreement__framework__mode")
        version = rows.filter(agreement=agreement).order_by("-number").first()
        if version is not None:
            card |= {"waiting": version.waiting(), "may_sign": own_turn(actor, version)[0] is not None}
    return card
