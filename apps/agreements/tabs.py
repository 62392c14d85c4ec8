"""The pages that an agreement has, as tabs."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from .models import Agreement


def tabs_of(agreement: Agreement, active: str) -> list[dict[str, Any]]:
    """``active``: ``agreement``, ``obligations`` or ``ledger``."""
    pages = [("agreement", _("Agreement"), "agreement_detail")]
    if agreement.in_force_at is not None:
        pages += [("obligations", _("Obligations"), "obligations"), ("ledger", _("Ledger"), "ledger")]
    return [
        {
            "label": label,
            "url": reverse(f"agreements:{url_name}", args=[agreement.pk]),
            "active": name == active,
            "count": None,
        }
        for name, label, url_name in pages
    ]
