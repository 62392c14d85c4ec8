"""What happened to an agreement, from its chain: as much of it as the actor saw happen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Func, JSONField, TextField, Value
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.core.actor import Actor
from apps.organizations.models import Organization

from .models import Agreement, ChainEntry, Signature, Signer
from .policies import is_side_of

MOST = 100
TITLES = {
    "submitted": (gettext_lazy("Submitted for signature"), "info"),
    "voided": (gettext_lazy("A signature became void"), "warning"),
    "recalled": (gettext_lazy("Taken back to be changed"), "warning"),
    "sent_back": (gettext_lazy("Sent back to be changed"), "warning"),
    "refused": (gettext_lazy("Refused"), "danger"),
    "withdrawn": (gettext_lazy("Withdrawn"), "neutral"),
    "lapsed": (gettext_lazy("Not signed in time"), "danger"),
    "signed": (gettext_lazy("Signature given"), "success"),
    "signer_named": (gettext_lazy("Another signer was named"), "neutral"),
    "paper_confirmed": (gettext_lazy("The signature on paper was confirmed"), "success"),
    "in_force": (gettext_lazy("Signed by all: in force"), "success"),
    "suspended": (gettext_lazy("The agreement was suspended"), "warning"),
    "resumed": (gettext_lazy("Goes on"), "success"),
    "notice_given": (gettext_lazy("Early end announced"), "warning"),
    "terminated": (gettext_lazy("Terminated"), "danger"),
    "expired": (gettext_lazy("Expired"), "neutral"),
}


@dataclass(frozen=True, slots=True)
class Act:
    """One act as the page shows it."""

    at: datetime
    title: str
    tone: str
    who: str
    version: int
    about: str
    reason: str


def acts_of(actor: Actor, agreement: Agreement, numbers: set[int]) -> list[Act]:
    """The acts that the actor may know of, the newest first: those on versions that they see (``numbers``), and on the
    agreement as a whole since it was shown to their side."""
    slim = Func(
        F("payload"),
        Value("document", output_field=TextField()),
        template="(%(expressions)s)",
        arg_joiner=" - ",
        output_field=JSONField(),
    )
    rows = ChainEntry.objects.filter(agreement=agreement).annotate(act=slim).order_by("-sequence")
    since = _shown_at(actor, agreement)
    known = [row for row in rows.values_list("act", flat=True)[:MOST] if _is_known(row, numbers, since)]
    people = dict(User.objects.filter(pk__in={row.get("user", 0) for row in known}).values_list("pk", "name"))
    sides = Organization.objects.in_bulk({row.get("organization", 0) for row in known} - {0})
    about = _about(known)
    return [_act(row, people, sides, about) for row in known]


def _shown_at(actor: Actor, agreement: Agreement) -> datetime | None:
    """When the actor's side first saw it; ``None`` for who saw all from the beginning."""
    own = [party for party in agreement.parties.all() if is_side_of(actor, party)]
    drafted = any(party.organization_id == agreement.drafted_by_id for party in own)
    return own[0].shown_at if own and not drafted else None


def _is_known(row: dict[str, Any], numbers: set[int], since: datetime | None) -> bool:
    if "version" in row:
        return row["version"] in numbers
    return since is None or datetime.fromisoformat(row["at"]) >= since


def _about(known: list[dict[str, Any]]) -> dict[str, dict[int, str]]:
    """Whose signature an act is about, by signature and by signer."""
    signatures = Signature.objects.filter(pk__in={row.get("signature", 0) for row in known})
    by_signature = {row.pk: row for row in signatures}
    asked = {row.get("signer", 0) for row in known} | {row.signer_id for row in by_signature.values()}
    signers = Signer.objects.filter(pk__in=asked).select_related("party__organization", "party__student__user")
    by_signer = {row.pk: str(row) for row in signers}
    return {
        "signature": {pk: f"{row.name} · {by_signer.get(row.signer_id, '')}" for pk, row in by_signature.items()},
        "signer": by_signer,
    }


def _act(
    row: dict[str, Any],
    people: dict[int, str],
    sides: dict[int, Organization],
    about: dict[str, dict[int, str]],
) -> Act:
    title, tone = TITLES[row["event"]]
    side = sides.get(row.get("organization", 0))
    person = people.get(row.get("user", 0))
    named = about["signature"].get(row.get("signature", 0)) or about["signer"].get(row.get("signer", 0), "")
    return Act(
        at=datetime.fromisoformat(row["at"]),
        title=str(title),
        tone=tone,
        who=", ".join(filter(None, [person, str(side) if side else ""])) or _("the portal"),
        version=row.get("version", 0),
        about=named,
        reason=row.get("reason", ""),
    )
