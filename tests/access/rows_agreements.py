"""The pages and operations of the matrix: modes, obligations, ledger and paper of agreements."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.factories.agreements import agreement_values, open_version, signer_of

from . import bodies
from .cast import Cast
from .rows import Row, call, page
from .rows_pages import act

SEEN = {"schools": 200, "firms": 200, "observers": 200, "government": 200, "tutors": 404, "student": 404}
"""Who sees an agreement in force."""
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
OPEN = {"agreements:verify", "agreements:link_sign", "agreements:link_file"}
"""For whoever holds a paper, or the link to sign without an account."""


def _of_firm(cast: Cast) -> int:
    return signer_of(cast.things["draft_agreement"], cast.world.enterprise.pk).party_id


def _draft_parties(cast: Cast) -> list[int]:
    return [signer.party_id for signer in open_version(cast.things["draft_agreement"]).circuit]


def _revision(cast: Cast) -> int:
    revision: int = cast.things["draft_version"].revision
    return revision


def _shares(cast: Cast) -> dict[str, str]:
    shares = {f"{column}_{party}": "50" for party in _draft_parties(cast) for column in ("benefit", "risk")}
    return shares | {"revision": _revision(cast)}


def _signers(cast: Cast) -> dict[str, Any]:
    rows = {"count": len(_draft_parties(cast)), "revision": _revision(cast)}
    for number, party in enumerate(_draft_parties(cast)):
        row = {"party": party, "capacity": "authorised", "order": 1}
        rows |= {f"rows.{number}.{name}": value for name, value in row.items()}
    return rows


def _hash(cast: Cast) -> str:
    """Of what both parties are shown alike."""
    return open_version(cast.things["submitted_agreement"]).content_hash


def _waiting(cast: Cast) -> str:
    version = cast.things["submitted_version"]
    return f"{version.pk}:{version.revision}"


def _student_signs(cast: Cast) -> dict[str, Any]:
    version = open_version(cast.things["student_agreement"])
    party = next(signer.party for signer in version.circuit if signer.party.student_id)
    return {"content_hash": version.hash_for(party.pk), "agree": "on"}


def _scan(cast: Cast) -> SimpleUploadedFile:
    return SimpleUploadedFile("scan.pdf", PDF, content_type="application/pdf")


RULES: dict[str, Any] = {
    "name": "产业学院",
    "name_en": "Industry college",
    "summary": "共建产业学院。",
    "summary_en": "A college is run together.",
    "party_kinds": ["university"],
    "required_clauses": ["parties", "scope"],
    "signing": "parallel",
    "shortest_months": 12,
    "longest_months": 60,
}
TEXTS = {"parties": "{parties}", "parties_en": "{parties}", "scope": "期限", "scope_en": "Term"}
AGREEMENT: dict[str, Any] = agreement_values(mode="funding") | {"parties": lambda cast: [cast.world.enterprise.code]}
EDIT = agreement_values() | {
    "parties": lambda cast: [cast.world.enterprise.code],
    "sign_until": bodies.TODAY,
    "revision": _revision,
}
TRI_PARTY: dict[str, Any] = AGREEMENT | {
    "mode": "placement",
    "ends_on": bodies.TODAY + timedelta(days=90),
    "framework": lambda cast: cast.world.agreement.pk,
    "students": lambda cast: [cast.world.student.pk],
}
CLAUSES = {
    "revision": _revision,
    "count": 1,
    "rows.0.key": "scope",
    "rows.0.heading": "Scope",
    "rows.0.text": "From {starts_on} on.",
}
VALUES = {"revision": _revision, "notice_days": 60, "grade_days": 30}
SIGN = {"content_hash": _hash, "agree": "on"}
SIGN_MANY = {"shown": _waiting, "extent": "whole", "agree": "on"}
PROPOSAL = {"kind": "renewal", "note": "It goes well."}
PAPER = {"name": "Li Lei", "signed_on": bodies.TODAY, "scan": _scan}
FILE = {"revision": _revision, "file": _scan}
DUTY = {
    "revision": _revision,
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

DRAFTS = {"schools": 302, "school_observer": 403, "firm": 404, "government": 404, "student": 404}
"""Who changes a draft of the university."""
SIGNS = {"schools": 302, "firms": 302, "observers": 403, "tutors": 404, "government": 404, "student": 404}
"""Who signs, sends back and refuses."""
KEEPS = {"schools": 302, "firms": 302, "observers": 403, "government": 403, "tutors": 404, "student": 404}
"""Who suspends and ends an agreement in force."""

BOTH_SIGN = {"coordinators": 422, "schools": 302, "firms": 302}
"""Who has something to sign, and who signs but has nothing."""

PAGE_ROWS: list[Row] = [
    page(
        "agreements:agreement_list",
        coordinators=200,
        observers=200,
        academic_tutor=403,
        students=200,
        foreign_student=200,
    ),
    page("agreements:agreement_detail", "agreement", **SEEN),
    page("agreements:agreement_detail", "draft_agreement", schools=200, school_observer=200, firm=404, government=404),
    page("agreements:agreement_detail", "submitted_agreement", schools=200, firms=200, observers=200, government=404),
    page(
        "agreements:agreement_detail",
        "partner_agreement",
        schools=200,
        school_observer=200,
        partner=200,
        government=200,
    ),
    page(
        "agreements:agreement_detail",
        "ended_agreement",
        schools=200,
        school_observer=200,
        former_partner=200,
        government=200,
    ),
    page(
        "agreements:agreement_detail",
        "student_agreement",
        schools=200,
        firms=200,
        observers=200,
        student=200,
        other_student=404,
        government=404,
    ),
    page("agreements:version_detail", "version", **SEEN),
    page("agreements:version_compare", "amendment", schools=200, school_observer=200, firm=404, government=404),
    *act(
        "agreements:agreement_create",
        "",
        AGREEMENT,
        coordinators=302,
        firms=422,
        observers=403,
        academic_tutor=403,
        student=403,
    ),
    page(
        "agreements:agreement_create",
        post=TRI_PARTY,
        schools=302,
        coordinators=422,
        observers=403,
        tutors=403,
        students=403,
    ),
    page("agreements:agreement_draft", "draft_agreement", schools=200, school_observer=200, firm=404, student=404),
    *act("agreements:agreement_edit", "draft_agreement", EDIT, **DRAFTS),
    *act("agreements:agreement_clauses", "draft_agreement", CLAUSES, **DRAFTS),
    *act("agreements:agreement_values", "draft_agreement", VALUES, **DRAFTS),
    *act("agreements:agreement_signers", "draft_agreement", _signers, **DRAFTS),
    *act("agreements:agreement_shares", "draft_agreement", _shares, **DRAFTS),
    *act("agreements:agreement_attachments", "draft_agreement", FILE, **DRAFTS),
    page("agreements:attachment_remove", "draft_attachment", post={}, **DRAFTS),
    page("agreements:file", "draft_file", schools=200, school_observer=200, firm=404, government=404),
    *act("agreements:duty_add", "draft_agreement", DUTY, **DRAFTS),
    page("agreements:duty_remove", "draft_duty", post={}, **DRAFTS),
    *act("agreements:agreement_propose", "agreement", PROPOSAL, **KEEPS),
    page("agreements:agreement_submit", "draft_agreement", post={}, **DRAFTS),
    *act("agreements:agreement_sign", "submitted_agreement", SIGN, **SIGNS),
    *act(
        "agreements:agreement_sign",
        "student_agreement",
        _student_signs,
        student=302,
        schools=409,
        firms=409,
        other_student=404,
    ),
    *act("agreements:agreement_send_back", "submitted_agreement", bodies.REASON, **SIGNS),
    *act("agreements:agreement_refuse", "submitted_agreement", bodies.REASON, **SIGNS),
    *act("agreements:sign_many", "", SIGN_MANY, **BOTH_SIGN, observers=403, tutors=403, students=403, group=422),
    *act("agreements:agreement_recall", "submitted_agreement", bodies.REASON, **SIGNS | {"firms": 403}),
    *act("agreements:agreement_withdraw", "submitted_agreement", bodies.REASON, **SIGNS | {"firms": 403}),
    *act("agreements:signer_replace", "firm_signer", {}, firms=302, observers=403, schools=403, government=404),
    *act("agreements:paper_record", "firm_signer", PAPER, **SIGNS),
    page("agreements:link_again", "firm_signer", post={}, schools=409, firms=409, observers=403, government=404),
    page("agreements:paper_confirm", "paper_signature", post={}, firms=302, schools=403, observers=403),
    *act("agreements:paper_reject", "paper_signature", bodies.REASON, firms=302, schools=403, observers=403),
    *act("agreements:agreement_suspend", "agreement", bodies.REASON, **KEEPS),
    page("agreements:agreement_resume", "suspended_agreement", post={}, **KEEPS | {"schools": 403}),
    *act("agreements:agreement_terminate", "agreement", bodies.TERMINATION | {"confirmed": "on"}, **KEEPS),
    page("agreements:mode_list", signed_in=200),
    page("agreements:mode_detail", "own_mode", school_side=200),
    *act("agreements:mode_create", "", RULES, coordinators=302, observers=403),
    *act("agreements:mode_edit", "own_mode", RULES, schools=302, school_side=403, firm=404),
    *act("agreements:mode_template", "own_mode", TEXTS, schools=302, school_side=403, firm=404),
    page("agreements:mode_retire", "own_mode", post={}, schools=302, school_side=403, firm=404),
    page("agreements:obligations", "agreement", **SEEN),
    *act("agreements:obligation_report", "obligation", {"note": "Done."}, firms=302, schools=403, observers=403),
    page("agreements:obligation_confirm", "reported_obligation", post={}, schools=302, firms=403, observers=403),
    *act("agreements:obligation_dispute", "reported_obligation", bodies.REASON, schools=302, firms=403, observers=403),
    *act("agreements:obligation_waive", "obligation", bodies.REASON, schools=302, firms=403, observers=403),
    page("agreements:ledger", "agreement", **SEEN),
    *act("agreements:ledger_record", "agreement", ENTRY, schools=302, firms=302, observers=403, government=403),
    *act("agreements:ledger_void", "ledger_entry", bodies.REASON, schools=302, firms=403, observers=403),
    page("agreements:ledger_evidence", "ledger_entry", **SEEN),
    page("agreements:agreement_pdf", "agreement", **SEEN),
    page("agreements:version_pdf", "version", **SEEN),
    page("agreements:agreement_bundle", "agreement", **SEEN),
]
CHANGES = {"schools": 200, "school_observer": 403, "firm": 404, "government": 404, "student": 404}
"""Who changes a draft of the university."""
SIGNING = {"schools": 200, "firms": 200, "observers": 403, "tutors": 404, "government": 404, "student": 404}
KEEPING = {"schools": 200, "firms": 200, "observers": 403, "government": 403, "tutors": 404, "student": 404}
REVISION = {
    "title": "Workshop",
    "note": "Another title.",
    "revision": _revision,
}

API_ROWS: list[Row] = [
    call("GET", "/agreements/", signed_in=200),
    call("POST", "/agreements/", body=AGREEMENT, coordinators=201, firms=400, observers=403, tutors=403, students=403),
    call("GET", "/agreements/{id}/", "agreement", **SEEN),
    call("GET", "/agreements/{id}/", "student_agreement", schools=200, firms=200, observers=200, student=200),
    call(
        "GET", "/agreements/{id}/", "partner_agreement", schools=200, school_observer=200, partner=200, government=200
    ),
    call(
        "GET",
        "/agreements/{id}/",
        "ended_agreement",
        schools=200,
        school_observer=200,
        former_partner=200,
        government=200,
    ),
    call("POST", "/agreements/{id}/revise/", "draft_agreement", body=REVISION, **CHANGES),
    call("POST", "/agreements/{id}/submit/", "draft_agreement", **CHANGES),
    call("POST", "/agreements/{id}/propose/", "agreement", body=PROPOSAL, **KEEPING),
    call(
        "POST",
        "/agreements/{id}/sign/",
        "submitted_agreement",
        body={"content_hash": _hash},
        in_session=True,
        **SIGNING,
    ),
    call("POST", "/agreements/{id}/refuse/", "submitted_agreement", body=bodies.REASON, **SIGNING),
    call("POST", "/agreements/{id}/send-back/", "submitted_agreement", body=bodies.REASON, **SIGNING),
    call("POST", "/agreements/{id}/recall/", "submitted_agreement", body=bodies.REASON, **SIGNING | {"firms": 403}),
    call("POST", "/agreements/{id}/withdraw/", "submitted_agreement", body=bodies.REASON, **SIGNING | {"firms": 403}),
    call("POST", "/agreements/{id}/suspend/", "agreement", body=bodies.REASON, **KEEPING),
    call("POST", "/agreements/{id}/resume/", "suspended_agreement", **KEEPING | {"schools": 403}),
    call("POST", "/agreements/{id}/termination-preview/", "agreement", body={"cause": "insolvency"}, **KEEPING),
    call("POST", "/agreements/{id}/terminate/", "agreement", body=bodies.TERMINATION, **KEEPING),
    call("GET", "/agreement-versions/", signed_in=200),
    call("GET", "/agreement-versions/{id}/", "version", **SEEN),
    call("GET", "/agreement-versions/{id}/", "draft_version", schools=200, school_observer=200, firm=404),
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
