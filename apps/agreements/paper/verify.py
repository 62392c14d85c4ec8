"""Check a bundle of an agreement without the portal: python3 verify.py [folder]

Needs nothing but Python 3.8. Says what it checked, and ends with status 1 when something is not as it was signed:
the chain of acts (each digest covers its act and the digest before it), the text against what was shown, each signature
against that text, the state against the last act, the PDF file against its sum. With --anchor FILE ... the heads that the
portal wrote down elsewhere are compared too: only they can show that the end of a chain was cut off.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any, Iterator

BEGINNING = "0" * 64
STATES = {"submitted": "awaiting_signatures", "in_force": "in_force", "terminated": "terminated"}


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def check_chain(agreement: int, chain: list[dict[str, Any]]) -> Iterator[str]:
    """Yield what is wrong with the chain itself."""
    previous = BEGINNING
    for number, entry in enumerate(chain, 1):
        if entry["sequence"] != number:
            yield f"entry {number} of the chain is missing"
            return
        if entry["previous"] != previous:
            yield f"entry {number} does not follow the entry before it"
        if entry["digest"] != sha256(canonical([agreement, number, entry["previous"], entry["payload"]])):
            yield f"entry {number} was changed"
        previous = entry["digest"]


def check_acts(record: dict[str, Any]) -> Iterator[str]:
    """Yield what the acts of the chain and the rest of the record do not agree on."""
    acts = [entry["payload"] for entry in record["chain"]]
    content_hash = sha256(canonical(record["document"]))
    if content_hash != record["content_hash"]:
        yield "the text does not have the hash that the record names"
    states = [STATES[act["event"]] for act in acts if act["event"] in STATES]
    if record["state"] != (states[-1] if states else "draft"):
        yield "the state is not that of the last act"
    for act in acts:
        if act["event"] == "submitted" and act["document"] != record["document"]:
            yield "the text was changed after it was shown"
        if act["event"] == "signed" and act["content_hash"] != content_hash:
            yield f"organization {act['organization']} signed something else"
    signed = {act["organization"] for act in acts if act["event"] == "signed"}
    if record["state"] == "in_force" and signed != set(record["document"]["parties"]):
        yield "not all parties have signed"


def check_anchors(agreement: int, chain: list[dict[str, Any]], files: list[str]) -> Iterator[str]:
    """Yield the heads in the anchors that the chain does not have."""
    digests = {entry["sequence"]: entry["digest"] for entry in chain}
    for file in files:
        head = json.loads(Path(file).read_text(encoding="utf-8"))["heads"].get(str(agreement))
        if head and digests.get(head[0]) != head[1]:
            yield f"the anchor {Path(file).name} knows another entry {head[0]}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", default=".", help="where agreement.json and agreement.pdf are")
    parser.add_argument("--anchor", nargs="*", default=[], help="anchor files of the portal")
    options = parser.parse_args()
    folder = Path(options.folder)
    record = json.loads((folder / "agreement.json").read_text(encoding="utf-8"))
    agreement = record["document"]["agreement"]
    faults = [*check_chain(agreement, record["chain"]), *check_acts(record)]
    faults += check_anchors(agreement, record["chain"], options.anchor)
    if sha256((folder / "agreement.pdf").read_bytes()) != record["pdf_sha256"]:
        faults.append("the PDF file is not the one of this record")
    print(f"{record['number']}: state {record['state']}, SHA-256 {record['content_hash']}")
    for entry in record["chain"]:
        act = entry["payload"]
        who = record["organizations"].get(str(act.get("organization")), ["", "the portal"])[1]
        print(f"  {entry['sequence']}. {act['at']}  {act['event']}  {who}")
    for fault in faults:
        print("NOT AS SIGNED: " + fault, file=sys.stderr)
    print("The bundle is not what was signed." if faults else "The bundle is what was signed.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
