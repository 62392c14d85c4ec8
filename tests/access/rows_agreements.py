"""The pages and operations of the matrix: modes, obligations, ledger and paper of agreements."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from . import bodies
from .rows import Row, call, page
from .rows_pages import act

SEEN = {"schools": 200, "firms": 200, "observers": 200, "government": 200, "tutors": 404, "student": 404}
"""Who sees an agreement in force."""
OPEN = {"agreements:verify"}
"""Says of a paper whether it is genuine, to whoever holds it."""


def _of_firm(cast: Any) -> int:
    party: int = cast.things["draft_agreement"].parties.get(organization=cast.world.enterprise).pk
    return party


def _shares(cast: Any) -> dict[str, str]:
    parties = cast.things["draft_agreement"].parties.all()
    return {f"{column}_{party.pk}": "50" for party in parties for column in ("benefit", "risk")}


RULES: dict[str, Any] = {
    "name": "产业学院",
    "name_en": "Industry college",
    "summary": "共建产业学院。",
    "summary_en": "A college is run together.",
    "party_kinds": ["university"],
    "required_clauses": ["parties", "scope"],
    "shortest_months": 12,
    "longest_months": 60,
}
TEXTS = {"parties": "{parties}", "parties_en": "{parties}", "scope": "期限", "scope_en": "Term"}
DUTY = {
    "party": _of_firm,
    "kind": "places",
    "text": "Places",
    "quantity": "5",
    "unit": "places",
    "due_on": bodies.TODAY + timedelta(days=10),
}
ENTRY = {
    "side": "contribution",
    "category": "money",
    "stage": "actual",
    "horizon": "short",
    "amount": "10.00",
    "unit": "CNY",
    "day": bodies.TODAY,
    "note": "Tools",
}

PAGE_ROWS: list[Row] = [
    page("agreements:mode_list", signed_in=200),
    page("agreements:mode_detail", "own_mode", school_side=200),
    *act("agreements:mode_create", "", RULES | {"code": "industry_college"}, coordinators=302, observers=403),
    *act("agreements:mode_edit", "own_mode", RULES, schools=302, school_side=403, firm=404),
    *act("agreements:mode_template", "own_mode", TEXTS, schools=302, school_side=403, firm=404),
    page("agreements:mode_retire", "own_mode", post={}, schools=302, school_side=403, firm=404),
    page("agreements:obligations", "agreement", **SEEN),
    *act("agreements:obligation_add", "draft_agreement", DUTY, schools=302, school_observer=403, firm=404),
    page("agreements:obligation_remove", "draft_obligation", post={}, schools=302, school_observer=403, firm=404),
    *act("agreements:obligation_report", "obligation", {"note": "Done."}, firms=302, schools=403, observers=403),
    page("agreements:obligation_confirm", "reported_obligation", post={}, schools=302, firms=403, observers=403),
    *act("agreements:obligation_dispute", "reported_obligation", bodies.REASON, schools=302, firms=403, observers=403),
    *act("agreements:obligation_waive", "obligation", bodies.REASON, schools=302, firms=403, observers=403),
    *act("agreements:agreement_shares", "draft_agreement", _shares, schools=302, school_observer=403, firm=404),
    page("agreements:ledger", "agreement", **SEEN),
    *act("agreements:ledger_record", "agreement", ENTRY, schools=302, firms=302, observers=403, government=403),
    *act("agreements:ledger_void", "ledger_entry", bodies.REASON, schools=302, firms=403, observers=403),
    page("agreements:ledger_evidence", "ledger_entry", **SEEN),
    page("agreements:agreement_pdf", "agreement", **SEEN),
    page("agreements:agreement_bundle", "agreement", **SEEN),
]
API_ROWS: list[Row] = [
    call("GET", "/agreement-modes/", signed_in=200),
    call("GET", "/agreement-modes/{code}/", "own_mode", school_side=200),
    call("GET", "/ledger-entries/", signed_in=200),
    call("GET", "/ledger-entries/{id}/", "ledger_entry", **SEEN),
    call(
        "POST",
        "/ledger-entries/",
        body=ENTRY | {"agreement": lambda cast: cast.world.agreement.pk},
        schools=201,
        firms=201,
        observers=403,
    ),
    call("POST", "/ledger-entries/{id}/void/", "ledger_entry", body=bodies.REASON, schools=200, firms=403),
]
