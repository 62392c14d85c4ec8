"""Check a bundle of an agreement without the portal: python3 verify.py [folder]

Needs nothing but Python 3.8, and ends with status 1 when something is not as it was signed: the chain (each digest covers
its act and the digest before it), versions against what was shown, signatures against that text and their acts, states
against acts, files against their sums. With --anchor FILE ... the heads that the portal wrote down elsewhere are compared:
only they show that a chain was cut or made anew. Of acts that are withheld only the place in the chain is checked.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any, Iterator

BEGINNING = "0" * 64
VERSION = {"submitted": "awaiting_signatures", "recalled": "draft", "sent_back": "draft", "in_force": "in_force"}
VERSION.update({event: event for event in ("refused", "withdrawn", "lapsed")})
FIRST = dict(VERSION, refused="not_concluded", withdrawn="not_concluded", lapsed="not_concluded")
LIFE = {"suspended": "suspended", "resumed": "in_force", "terminated": "terminated", "expired": "expired"}
UNSAID = ("salt", "name", "address", "agent")
"""What the chain keeps of a signature only as a hash."""


def sha256(value: Any) -> str:
    """Of bytes, or of a value as canonical JSON."""
    if not isinstance(value, bytes):
        value = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    return hashlib.sha256(value).hexdigest()


def part(document: dict[str, Any], party: int) -> dict[str, Any]:
    """What one party is shown of a document."""
    own = {}
    for name in ("clauses", "attachments"):
        own[name] = [row for row in document[name] if not row["concerns"] or party in row["concerns"]]
    return dict(document, **own)


def act_of(entry: dict[str, Any]) -> dict[str, Any]:
    """The act; of one that is withheld in part, that a version was submitted."""
    return entry.get("payload") or {"event": "submitted" if "version" in entry else "withheld", **entry}


def check_chain(agreement: int, chain: list[dict[str, Any]]) -> Iterator[str]:
    """Yield what is wrong with the chain itself."""
    previous = BEGINNING
    for number, entry in enumerate(chain, 1):
        if entry["sequence"] != number:
            yield f"entry {number} of the chain is missing"
            return
        if entry["previous"] != previous:
            yield f"entry {number} does not follow the entry before it"
        said = [agreement, number, entry["previous"], entry.get("payload")]
        if "payload" in entry and entry["digest"] != sha256(said):
            yield f"entry {number} was changed"
        previous = entry["digest"]


def check_state(record: dict[str, Any]) -> Iterator[str]:
    """Yield whether the agreement's state is not that after the last act."""
    state = "draft" if any(version["number"] == 1 for version in record["versions"]) else "in_force"
    for act in map(act_of, record["chain"]):
        state = LIFE.get(act["event"]) or (act.get("version") == 1 and FIRST.get(act["event"])) or state
    if record["state"] != state and (record["chain"] or record["state"] != "not_concluded"):
        yield f"the state is {record['state']}, the acts say {state}"


def check_version(version: dict[str, Any], chain: list[dict[str, Any]]) -> Iterator[str]:
    """Yield what a version and the acts about it do not agree on."""
    number, document, state = version["number"], version["document"], version["state"]
    stands, shown = False, None
    signed: dict[int, dict[str, Any]] = {}
    for act in map(act_of, chain):
        event = act["event"]
        if act.get("version") != number:
            if stands and state == "in_force" and event in ("in_force", "withheld"):
                state = "superseded" if event == "in_force" else version["state"]
        elif event in ("submitted", "recalled", "sent_back"):
            stands, shown = event == "submitted", act.get("document")
        elif event == "signed":
            signed[act["signature"]] = act
        elif event == "voided":
            signed.pop(act["signature"], None)
        if act.get("version") == number:
            state = VERSION.get(event, state)
    if version["state"] != state:
        yield f"version {number}: the state is not that of the last act"
    if stands and shown not in (None, document):
        yield f"version {number}: the text was changed after it was shown"
    rows = {row["signature"]: row for row in version["signatures"]}
    if set(signed) != set(rows):
        yield f"version {number}: a signature is missing, or was given by nobody"
    for pk in sorted(set(signed) & set(rows)):
        row = rows[pk]
        if any(signed[pk].get(key) != value for key, value in row.items() if key not in UNSAID):
            yield f"signature {pk} was changed"
        if "salt" in row and row["evidence"] != sha256([row[key] for key in UNSAID]):
            yield f"signature {pk}: name, address or browser was changed"
        readable = stands and version["party"] in (None, row["party"])
        if readable and row["content_hash"] != sha256(part(document, row["party"])):
            yield f"signature {pk} was given for something else"
    given = sorted([row["party"], row["capacity"]] for row in rows.values())
    if state in ("in_force", "superseded") and given != sorted(row[:2] for row in document["signers"]):
        yield f"version {number}: not all have signed"


def check_files(record: dict[str, Any], folder: Path) -> Iterator[str]:
    """Yield files that are not those of the record, and attachments that are not those of the text."""
    for name, digest in record["files"].items():
        if not (folder / name).is_file() or sha256((folder / name).read_bytes()) != digest:
            yield f"{name} is not the file of this record"
    wanted = {row["sha256"] for version in record["versions"] for row in version["document"]["attachments"]}
    wanted |= {row["scan"] for version in record["versions"] for row in version["signatures"] if row["scan"]}
    for digest in sorted(wanted - set(record["files"].values())):
        yield f"the attachment or scan with the sum {digest} is missing"


def check_anchors(agreement: int, chain: list[dict[str, Any]], files: list[Path]) -> Iterator[str]:
    """Yield the heads in the anchors that the chain does not have."""
    digests = {entry["sequence"]: entry["digest"] for entry in chain}
    for file in files:
        head = json.loads(file.read_text(encoding="utf-8"))["heads"].get(str(agreement))
        if head and digests.get(head[0]) != head[1]:
            yield f"the anchor {file.name} knows another entry {head[0]}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", default=".", type=Path, help="where agreement.json is")
    parser.add_argument("--anchor", nargs="*", default=[], type=Path, help="anchor files of the portal")
    options = parser.parse_args()
    record = json.loads((options.folder / "agreement.json").read_text(encoding="utf-8"))
    agreement, chain = record["agreement"], record["chain"]
    faults = [*check_chain(agreement, chain), *check_state(record), *check_files(record, options.folder)]
    faults += [fault for version in record["versions"] for fault in check_version(version, chain)]
    faults += check_anchors(agreement, chain, options.anchor)
    print(f"{record['number']}: {record['state']}, {len(record['versions'])} versions, {len(record['files'])} files")
    for number, act in enumerate(map(act_of, chain), 1):
        print(f"  {number}. {act.get('at', 'withheld')}  {act['event']}  {act.get('version', '')}")
    for fault in faults:
        print("NOT AS SIGNED: " + fault, file=sys.stderr)
    print("The bundle is not what was signed." if faults else "The bundle is what was signed.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
