"""What differs between two documents of an agreement, in words: nothing that is signed differs without being named."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from typing import Any, Literal

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from .models import AgreementVersion, ChainEntry, Obligation, Signer
from .models.agreements import canonical
from .reading import Names
from .terms import concerning

SENTENCE = re.compile(r"[^。;；.!?！？\n]*[。;；.!?！？\n]?")
WORD = re.compile(r"[A-Za-z0-9À-ɏ'’-]+|\s+|.", re.DOTALL)
"""Words of what is written with spaces; of Chinese, each character."""
MOST = 1_000_000
"""Compared pairs above which frequent words are not looked for any more, so that no text keeps the portal busy."""
ALIKE = 0.4
"""Passages less alike than this are read more easily one after the other than word by word."""


Kind = Literal["same", "deleted", "inserted"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text: in both (``same``), only before (``deleted``), or only after (``inserted``)."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: where, and the text of before and after as pieces in reading order."""

    what: str
    kind: Literal["added", "removed", "changed"]
    pieces: tuple[Piece, ...]

    @property
    def before(self) -> list[Piece]:
        return [piece for piece in self.pieces if piece.kind != "inserted"]

    @property
    def after(self) -> list[Piece]:
        return [piece for piece in self.pieces if piece.kind != "deleted"]

    def plain(self) -> dict[str, str]:
        """For a program: what, how it changed, the text of before and after."""
        before, after = ("".join(piece.text for piece in pieces) for pieces in (self.before, self.after))
        return {"what": self.what, "kind": self.kind, "before": before, "after": after}


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    """Every difference between two documents, in the order in which they are read; empty only for equal ones."""
    names = Names(before, after)
    return [
        *_heads(before, after, names),
        *_listed(_("Party"), _parties(before), _parties(after)),
        *_clauses(before, after, names),
        *_listed(_("Obligation"), _duties(before, names), _duties(after, names)),
        *_listed(_("Shares"), _shares(before, names), _shares(after, names)),
        *_listed(_("Attachment"), _attachments(before, names), _attachments(after, names)),
        *_signers(before, after, names),
    ]


def changed_since(version: AgreementVersion, party: int, shown: str) -> list[Change] | None:
    """What changed for a party since it was shown the text with this hash; ``None`` when it never was shown such a text."""
    before = document_shown(version.agreement_id, party, shown)
    return None if before is None else differences(before, version.document(party))


def document_shown(agreement_id: int, party: int, content_hash: str) -> dict[str, Any] | None:
    """The document with this hash, among all that were submitted; the chain keeps them."""
    submitted = ChainEntry.objects.filter(agreement_id=agreement_id, payload__event="submitted").order_by("-sequence")
    for payload in submitted.values_list("payload", flat=True):
        document = concerning(payload["document"], party)
        if hashlib.sha256(canonical(document)).hexdigest() == content_hash:
            return document
    return None


def compared(before: str, after: str) -> tuple[Piece, ...]:
    """Two texts, by sentences and within changed sentences by words."""
    found: list[Piece] = []
    olds, news = SENTENCE.findall(before), SENTENCE.findall(after)
    for kind, old, new in _steps(olds, news):
        if kind == "same":
            found.append(Piece("same", old))
        else:
            found.extend(_by_words(old, new))
    return tuple(_joined(found))


def _by_words(before: str, after: str) -> Iterator[Piece]:
    steps = list(_steps(WORD.findall(before), WORD.findall(after)))
    same = sum(len(old) for kind, old, _new in steps if kind == "same")
    if 2 * same < ALIKE * (len(before) + len(after)):
        steps = [("changed", before, after)]
    for kind, old, new in steps:
        if kind == "same":
            yield Piece("same", old)
        else:
            yield Piece("deleted", old)
            yield Piece("inserted", new)


def _steps(olds: list[str], news: list[str]) -> Iterator[tuple[str, str, str]]:
    matcher = SequenceMatcher(None, olds, news, autojunk=len(olds) * len(news) > MOST)
    for kind, low, high, start, end in matcher.get_opcodes():
        yield ("same" if kind == "equal" else "changed", "".join(olds[low:high]), "".join(news[start:end]))


def _joined(pieces: list[Piece]) -> Iterator[Piece]:
    """Neighbours of one kind as one piece, what was deleted before what was inserted; no empty ones."""
    held = {"same": "", "deleted": "", "inserted": ""}
    for piece in pieces:
        if piece.text:
            yield from _emptied(held, *(("deleted", "inserted") if piece.kind == "same" else ("same",)))
            held[piece.kind] += piece.text
    yield from _emptied(held, "same", "deleted", "inserted")


def _emptied(held: dict[str, str], *kinds: Kind) -> Iterator[Piece]:
    for kind in kinds:
        if held[kind]:
            yield Piece(kind, held[kind])
            held[kind] = ""


def _replaced(what: str, before: str, after: str) -> Change:
    """Short values are replaced as a whole: half a date is no date."""
    pieces = [Piece("deleted", before), Piece("inserted", after)]
    return Change(what, "changed", tuple(piece for piece in pieces if piece.text))


def _heads(before: dict[str, Any], after: dict[str, Any], names: Names) -> Iterator[Change]:
    if before["title"] != after["title"]:
        yield Change(_("Title"), "changed", compared(before["title"], after["title"]))
    words: dict[str, tuple[str, Callable[[dict[str, Any]], str]]] = {
        "starts_on": (_("Valid from"), lambda document: _day(document["starts_on"])),
        "ends_on": (_("Valid until"), lambda document: _day(document["ends_on"])),
        "mode": (_("Cooperation mode"), lambda document: names.mode(document["mode"])),
        "framework": (_("Framework agreement"), lambda document: names.framework(document["framework"])),
        "agreement": (_("Agreement"), lambda document: f"AG-{document['agreement']:06d}"),
        "version": (_("Version"), lambda document: str(document["version"])),
        "kind": (_("Kind"), lambda document: str(AgreementVersion.Kind(document["kind"]).label)),
    }
    for name, (what, word) in words.items():
        if before[name] != after[name]:
            yield _replaced(what, word(before), word(after))


Lines = dict[Any, tuple[str, dict[str, Any]]]
"""Rows by what they are found again by: as a line of text, and as they are."""


def _listed(what: str, before: Lines, after: Lines) -> Iterator[Change]:
    for key, (line, row) in before.items():
        if key not in after:
            yield Change(what, "removed", (Piece("deleted", line),))
        elif row != after[key][1]:
            yield Change(what, "changed", compared(line, after[key][0]))
    for key, (line, _row) in after.items():
        if key not in before:
            yield Change(what, "added", (Piece("inserted", line),))
    yield from _moved(what, before, after, {key: line for key, (line, _row) in after.items()})


def _moved(what: str, before: dict[Any, Any], after: dict[Any, Any], lines: dict[Any, str]) -> Iterator[Change]:
    olds = [key for key in before if key in after]
    news = [key for key in after if key in before]
    if olds != news:
        label = _("Order: %(what)s") % {"what": what}
        yield _replaced(label, *("; ".join(lines[key] for key in keys) for keys in (olds, news)))


def _clauses(before: dict[str, Any], after: dict[str, Any], names: Names) -> Iterator[Change]:
    olds, news = _keyed(before["clauses"]), _keyed(after["clauses"])
    for key, (number, row) in olds.items():
        if key not in news:
            yield Change(_clause(number, row), "removed", (Piece("deleted", row["text"] or row["heading"]),))
    for key, (number, row) in news.items():
        if key not in olds:
            yield Change(_clause(number, row), "added", (Piece("inserted", row["text"] or row["heading"]),))
            continue
        _number, old = olds[key]
        numbered = {"number": number}
        if old["heading"] != row["heading"]:
            label = _("Clause %(number)d: heading") % numbered
            yield Change(label, "changed", compared(old["heading"], row["heading"]))
        if old["text"] != row["text"]:
            yield Change(_clause(number, row), "changed", compared(old["text"], row["text"]))
        if old["concerns"] != row["concerns"]:
            label = _("Clause %(number)d: whom it concerns") % numbered
            yield _replaced(label, _concerns(old, names), _concerns(row, names))
    yield from _moved(_("Clauses"), olds, news, {key: row["heading"] for key, (_number, row) in news.items()})


def _keyed(rows: list[dict[str, Any]]) -> dict[tuple[str, int], tuple[int, dict[str, Any]]]:
    """Clauses by key, and those of the same key by how many came before."""
    seen: Counter[str] = Counter()
    found = {}
    for number, row in enumerate(rows, 1):
        seen[row["key"]] += 1
        found[(row["key"], seen[row["key"]])] = (number, row)
    return found


def _clause(number: int, row: dict[str, Any]) -> str:
    return _("Clause %(number)d: %(heading)s") % {"number": number, "heading": row["heading"]}


def _concerns(row: dict[str, Any], names: Names) -> str:
    return names.several(row["concerns"]) or _("all parties")


def _parties(document: dict[str, Any]) -> Lines:
    return {
        row["party"]: (f"{row['name']} ({row['code']})" if row["code"] else row["name"], row)
        for row in document["parties"]
    }


def _duties(document: dict[str, Any], names: Names) -> Lines:
    kinds = dict(Obligation.Kind.choices)
    line = _("%(party)s: %(text)s, %(quantity)s %(unit)s by %(day)s (%(kind)s)")
    found = {}
    for row in document["duties"]:
        words = row | {
            "party": names.party(row["party"]),
            "quantity": number_format(row["quantity"], use_l10n=True, force_grouping=True),
            "day": _day(row["due_on"]),
            "kind": kinds.get(row["kind"], row["kind"]),
        }
        found[row["key"]] = (line % words, row)
    return found


def _shares(document: dict[str, Any], names: Names) -> Lines:
    line = _("%(party)s: %(benefit)s %% of the benefits, %(risk)s %% of the risks")
    return {row["party"]: (line % (row | {"party": names.party(row["party"])}), row) for row in document["shares"]}


def _attachments(document: dict[str, Any], names: Names) -> Lines:
    return {
        row["file"]: (f"{row['name']} · {_concerns(row, names)} · SHA-256 {row['sha256']}", row)
        for row in document["attachments"]
    }


def _signers(before: dict[str, Any], after: dict[str, Any], names: Names) -> Iterator[Change]:
    olds, news = (Counter(tuple(row) for row in document["signers"]) for document in (before, after))
    for row in sorted((olds - news).elements()):
        yield Change(_("Signature"), "removed", (Piece("deleted", _signer(row, names)),))
    for row in sorted((news - olds).elements()):
        yield Change(_("Signature"), "added", (Piece("inserted", _signer(row, names)),))


def _signer(row: tuple[int, str, int], names: Names) -> str:
    party, capacity, order = row
    word = dict(Signer.Capacity.choices).get(capacity, capacity)
    return _("%(party)s · %(capacity)s, turn %(turn)d") % {
        "party": names.party(party),
        "capacity": word,
        "turn": order,
    }


def _day(text: str) -> str:
    return date_format(date.fromisoformat(text), "DATE_FORMAT")
