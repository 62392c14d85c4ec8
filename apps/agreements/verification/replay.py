"""What the rows of an agreement have to say when its chain is true: the acts gone through once more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..models import Agreement, AgreementVersion, ChainEntry

Life, State = Agreement.State, AgreementVersion.State
AWAITING: set[str] = {State.AWAITING_SIGNATURES}
ANY: set[str] = {*AgreementVersion.OPEN}
CLOSED = {"refused": State.REFUSED, "withdrawn": State.WITHDRAWN, "lapsed": State.LAPSED}
POSSIBLE: dict[str, set[str]] = {
    "submitted": {State.DRAFT},
    "voided": ANY,
    "recalled": AWAITING,
    "sent_back": AWAITING,
    "refused": AWAITING,
    "withdrawn": ANY,
    "lapsed": AWAITING,
    "signed": AWAITING,
    "signer_named": AWAITING,
    "paper_confirmed": ANY,
    "in_force": AWAITING,
}
"""In which states of its version an act can be."""
STANDING: set[str] = {*Agreement.STANDING}
LIFE: dict[str, set[str]] = {
    "suspended": {Life.IN_FORCE},
    "resumed": {Life.SUSPENDED},
    "notice_given": STANDING,
    "terminated": STANDING,
    "expired": STANDING,
}
"""In which states of the agreement."""


@dataclass(slots=True)
class Text:
    """A version that was shown. ``stands``: nobody could change it since ``shown``, its last submission."""

    number: int
    state: str = State.DRAFT
    shown: dict[str, Any] = field(default_factory=dict)
    stands: bool = False
    reason: str = ""
    submitted_at: str = ""
    in_force_at: str = ""
    closed_at: str = ""
    signers: dict[int, tuple[int, int]] = field(default_factory=dict)

    @property
    def parties(self) -> set[int]:
        return {party for party, _organization, _student in self.shown["parties"]}

    @property
    def asked(self) -> set[int]:
        """The parties that sign it: those that it binds, and those that it lets go."""
        return {party for party, _capacity, _order in self.shown["document"]["signers"]}


@dataclass(slots=True)
class Party:
    """Whom a party is, and since when; a time that is not yet is empty."""

    organization: int
    student: int
    shown_at: str = ""
    joined_at: str = ""
    left_at: str = ""


class Replay:
    """``faults``: acts that cannot have followed each other."""

    def __init__(self, chain: list[ChainEntry]) -> None:
        self.faults: list[str] = []
        self.state: str = Life.DRAFT
        self.life: dict[str, Any] = {}
        self.versions: dict[int, Text] = {}
        self.parties: dict[int, Party] = {}
        self.signed: dict[int, dict[str, Any]] = {}
        self.voided: dict[int, dict[str, Any]] = {}
        self.confirmed: dict[int, dict[str, Any]] = {}
        self.duties: dict[str, list[dict[str, Any]]] = {}
        for entry in chain:
            try:
                possible = self._act(entry.payload["event"], entry.payload)
            except (KeyError, TypeError, ValueError, AttributeError):
                self.faults.append(f"entry {entry.sequence} cannot be read")
                continue
            if not possible:
                self.faults.append(f"entry {entry.sequence} cannot have followed the entries before it")

    @property
    def holds(self) -> Text | None:
        """The version in force."""
        return next((text for text in self.versions.values() if text.state == State.IN_FORCE), None)

    def _act(self, event: str, act: dict[str, Any]) -> bool:
        if event in LIFE:
            if self.state not in LIFE[event]:
                return False
            self._live(event, act)
            return True
        number = act["version"]
        if event == "submitted" and number not in self.versions:
            self.versions[number] = Text(number)
        text = self.versions[number]
        if text.state not in POSSIBLE[event]:
            return False
        follow: dict[str, Callable[[Text, dict[str, Any]], None]] = {
            "submitted": self._submitted,
            "signer_named": self._named,
            "in_force": self._in_force,
        }
        if event in follow:
            follow[event](text, act)
        elif event in CLOSED:
            self._closed(text, event, act)
        elif event in {"recalled", "sent_back"}:
            text.state, text.stands, text.submitted_at, text.reason = State.DRAFT, False, "", act["reason"]
            if text.number == 1:
                self.state = Life.DRAFT
        else:
            kept = {"signed": self.signed, "voided": self.voided, "paper_confirmed": self.confirmed}[event]
            if act["signature"] in kept:
                return False
            kept[act["signature"]] = act
        return True

    def _live(self, event: str, act: dict[str, Any]) -> None:
        if event == "suspended":
            self.state = Life.SUSPENDED
            self.life |= {"suspended_at": act["suspended_at"], "suspension_reason": act["reason"]}
            self.life["suspended_by_id"] = act["suspended_by"]
        elif event == "resumed":
            self.state = Life.IN_FORCE
            for column in ("suspended_at", "suspension_reason", "suspended_by_id"):
                self.life.pop(column)
        elif event == "notice_given":
            self.life |= {column: act[column] for column in ("cause", "settlement", "last_day", "notice_given_at")}
            self.life["termination_reason"] = act["reason"]
        else:
            self.state = Life.TERMINATED if event == "terminated" else Life.EXPIRED
            self.life["ended_at"] = act["ended_at"]

    def _submitted(self, text: Text, act: dict[str, Any]) -> None:
        text.state, text.stands, text.shown, text.reason = State.AWAITING_SIGNATURES, True, act, ""
        text.submitted_at = act["submitted_at"]
        text.signers = {signer: (member, deputy) for signer, member, deputy in act["signers"]}
        for party, organization, student in act["parties"]:
            known = self.parties.setdefault(party, Party(organization, student))
            if (known.organization, known.student) != (organization, student):
                raise ValueError("a party became another")
        for party, known in self.parties.items():
            if party in text.asked:
                known.shown_at = known.shown_at or act["submitted_at"]
            elif not known.joined_at:
                known.shown_at = ""
        if text.number == 1:
            self.state = Life.AWAITING_SIGNATURES

    def _named(self, text: Text, act: dict[str, Any]) -> None:
        text.signers[act["signer"]] = (act["member"], act["deputy"])

    def _closed(self, text: Text, event: str, act: dict[str, Any]) -> None:
        text.state, text.closed_at = CLOSED[event], act["closed_at"]
        text.reason = act["reason"]
        if text.number == 1:
            self.state, self.life["ended_at"] = Life.NOT_CONCLUDED, act["ended_at"]
            return
        for known in self.parties.values():
            if not known.joined_at:
                known.shown_at = ""

    def _in_force(self, text: Text, act: dict[str, Any]) -> None:
        before = self.holds
        if before is not None:
            before.state, before.closed_at = State.SUPERSEDED, act["superseded_at"]
        text.state, text.in_force_at = State.IN_FORCE, act["in_force_at"]
        if text.number == 1:
            self.state, self.life["in_force_at"] = Life.IN_FORCE, act["in_force_at"]
        for party, known in self.parties.items():
            if party in text.parties:
                known.joined_at, known.left_at = known.joined_at or act["in_force_at"], ""
            elif known.joined_at:
                known.left_at = known.left_at or act["in_force_at"]
        for duty in text.shown["document"]["duties"]:
            self.duties.setdefault(duty["key"], []).append(duty)
