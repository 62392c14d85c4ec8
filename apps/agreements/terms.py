"""What an agreement says: one value that is drafted, shown, signed and compared. Days are ISO dates, numbers decimal texts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

BLANK = re.compile(r"\{(\w*)\}")
"""A blank in a text. Not ``str.format``, which would reach into the objects that it is given."""
OPEN = "____"
"""How a blank that nobody has filled stands in the text."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A numbered clause. ``concerns``: parties that it binds; empty for all."""

    key: str
    heading: str
    text: str
    concerns: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """A party as it is named in the text, which a later change of its name does not change."""

    party: int
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Duty:
    """Something measurable that a party owes. ``key`` is the same in all versions."""

    key: str
    party: int
    kind: str
    text: str
    quantity: Decimal
    unit: str
    due_on: date


@dataclass(frozen=True, slots=True)
class Share:
    """A party's part of the benefits and of the risks, in per cent."""

    party: int
    benefit: Decimal
    risk: Decimal


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that belongs to the text, by its SHA-256 (hex)."""

    file: int
    name: str
    sha256: str
    concerns: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """All that parties agree on. ``values`` fill the blanks that neither names nor days fill."""

    title: str
    starts_on: date
    ends_on: date
    parties: tuple[Named, ...]
    clauses: tuple[Clause, ...] = ()
    duties: tuple[Duty, ...] = ()
    shares: tuple[Share, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    values: Mapping[str, str] | None = None

    @classmethod
    def load(cls, raw: dict[str, Any]) -> Terms:
        """From what ``dump`` gave."""
        return cls(
            title=raw["title"],
            starts_on=date.fromisoformat(raw["starts_on"]),
            ends_on=date.fromisoformat(raw["ends_on"]),
            parties=tuple(Named(**row) for row in raw["parties"]),
            clauses=tuple(Clause(**row | {"concerns": tuple(row["concerns"])}) for row in raw["clauses"]),
            duties=tuple(
                Duty(
                    **row | {"quantity": Decimal(row["quantity"]), "due_on": date.fromisoformat(row["due_on"])},
                )
                for row in raw["duties"]
            ),
            shares=tuple(Share(row["party"], Decimal(row["benefit"]), Decimal(row["risk"])) for row in raw["shares"]),
            attachments=tuple(Attachment(**row | {"concerns": tuple(row["concerns"])}) for row in raw["attachments"]),
            values=raw["values"],
        )

    def dump(self) -> dict[str, Any]:
        """As JSON holds it."""
        raw: dict[str, Any] = _plain(asdict(replace(self, values=None)))
        return raw | {"values": dict(self.values or {})}

    @property
    def party_ids(self) -> set[int]:
        return {named.party for named in self.parties}

    @property
    def notice_days(self) -> int:
        """Days of notice for who ends the agreement early."""
        return int((self.values or {}).get("notice_days", 0))

    def filled(self, text: str) -> str:
        """The text with its blanks filled; what nothing fills stays visible as ``OPEN``."""
        known = {
            "parties": "; ".join(
                f"{named.name} ({named.code})" if named.code else named.name for named in self.parties
            ),
            "starts_on": self.starts_on.isoformat(),
            "ends_on": self.ends_on.isoformat(),
        } | dict(self.values or {})
        return BLANK.sub(lambda blank: known.get(blank[1]) or OPEN, text)

    def document(self, party: int | None = None) -> dict[str, Any]:
        """What is shown and signed: all of it, or what concerns one party."""
        raw = self.dump()
        del raw["values"]
        raw["clauses"] = [row | {"text": self.filled(row["text"])} for row in raw["clauses"]]
        return concerning(raw, party)


def concerning(document: dict[str, Any], party: int | None) -> dict[str, Any]:
    """The part of a whole document that one party is shown; all of it without a party."""
    return document | {name: _of(document[name], party) for name in ("clauses", "attachments")}


def _of(rows: Iterable[dict[str, Any]], party: int | None) -> list[dict[str, Any]]:
    return [row for row in rows if party is None or not row["concerns"] or party in row["concerns"]]


def _plain(value: Any) -> Any:
    """Dates and decimals as texts, tuples as lists."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value
