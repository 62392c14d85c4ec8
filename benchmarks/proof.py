"""How long `verify_agreements` takes over 10,000 agreements: `python -m benchmarks.proof [--agreements N] [--record]`.

Runs a database of its own. One agreement is drafted, signed in the portal and on paper, and amended by the services; the others
are copies of it with rows, files and chains of their own. One of them is tampered with, and has to be the only one that is found.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import secrets
import sys
import tempfile
import time
from dataclasses import replace
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from launcher.stack import running_stack

if TYPE_CHECKING:
    from apps.agreements.models import Agreement, AgreementVersion, ChainEntry

GOAL_SECONDS = 600
CHUNK = 500
FILE_BYTES = 50_000
DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
BEGIN, END = "<!-- proof: begin -->", "<!-- proof: end -->"


def make_signer(kind: str) -> Any:
    """The actor of a coordinator of a new organization, confirmed."""
    from apps.accounts.models import User  # noqa: PLC0415  # the environment of the portal comes first
    from apps.core.actor import Actor  # noqa: PLC0415
    from apps.organizations.principal import actor_for  # noqa: PLC0415
    from apps.organizations.services import membership_start, organization_create  # noqa: PLC0415

    system = Actor.system("benchmarks")
    organization = organization_create(system, kind=kind, code=f"P{kind}", name=f"Proof {kind}")
    person = User.objects.create_user(f"{kind}@benchmark.example", None, name=f"Signer {kind}")
    member = membership_start(system, organization_id=organization.pk, user_id=person.pk, role="coordinator")
    return replace(actor_for(person.pk, member.pk), confirmed=True)


def content() -> tuple[Any, str]:
    """A file, and its sum."""
    from django.core.files.base import ContentFile  # noqa: PLC0415

    raw = b"%PDF-1.7 " + secrets.token_bytes(FILE_BYTES)
    return ContentFile(raw, "paper.pdf"), hashlib.sha256(raw).hexdigest()


def make_original() -> Agreement:
    """In force in its second version, with an attachment, a duty, a scan and three signatures in the portal."""
    from django.utils import timezone, translation  # noqa: PLC0415

    from apps.agreements import services  # noqa: PLC0415
    from apps.agreements.models import AgreementVersion  # noqa: PLC0415
    from apps.agreements.terms import Duty  # noqa: PLC0415

    school, firm = make_signer("university"), make_signer("enterprise")
    today = timezone.localdate()
    with translation.override("zh-hans"):
        agreement = services.agreement_draft(
            school,
            title="实训基地共建协议",
            mode="training_base",
            starts_on=today,
            ends_on=today + timedelta(days=800),
            party_ids=[firm.organization_id],
        )

    def newest() -> AgreementVersion:
        return AgreementVersion.objects.whole().filter(agreement=agreement).order_by("-number")[0]

    def sign(*actors: Any) -> None:
        for actor in actors:
            version = newest()
            party = next(one for one in version.circuit if one.party.organization_id == actor.organization_id).party_id
            services.agreement_sign(actor, agreement_id=agreement.pk, content_hash=version.hash_for(party))

    version = newest()
    party = max(version.said.party_ids)
    duty = Duty("d1", party, "places", "实习岗位", 10, "个", today + timedelta(days=100))  # type: ignore[arg-type]  # a whole number
    services.version_revise(school, version_id=version.pk, expected_revision=None, duties=(duty,))
    file, sha256 = content()
    services.attachment_add(school, version_id=version.pk, expected_revision=None, file=file, sha256=sha256)
    services.agreement_submit(school, agreement_id=agreement.pk)
    sign(school)
    scan, sha256 = content()
    paper = services.signature_record_paper(
        school, signer_id=newest().waiting()[0].pk, name="王伟", signed_on=today, scan=scan, sha256=sha256
    )
    services.signature_confirm_paper(firm, signature_id=paper.pk)
    services.version_propose(firm, agreement_id=agreement.pk, kind="amendment", note="延长期限")
    ends_on = today + timedelta(days=900)
    services.version_revise(firm, version_id=newest().pk, expected_revision=None, ends_on=ends_on)
    services.agreement_submit(firm, agreement_id=agreement.pk)
    sign(school, firm)
    agreement.refresh_from_db()
    return agreement


def copy_of(row: Any, **changes: Any) -> Any:
    """The same values under a key of its own."""
    fields = [field.attname for field in row._meta.concrete_fields if not field.primary_key]
    return type(row)(**{name: getattr(row, name) for name in fields} | changes)


def copy_many(rows: list[Any], copies: list[dict[Any, Any]], change: Any) -> None:
    """Write each row once for each copy. `copies` know the new keys; `change(row, known)` gives what differs."""
    new = [(known, row, copy_of(row, **change(row, known))) for known in copies for row in rows]
    type(rows[0]).objects.bulk_create([made for _known, _row, made in new], batch_size=CHUNK)
    for known, row, made in new:
        known[row] = made.pk


def copy_agreement(original: Agreement, count: int) -> None:
    """So many copies, with files and chains of their own."""
    from apps.agreements.models import AgreementVersion, Signature, Signer  # noqa: PLC0415

    copies: list[dict[Any, Any]] = [{} for _number in range(count)]
    versions, signers = list(original.versions.all()), list(Signer.objects.filter(version__agreement=original))
    files = list(original.files.all())
    copy_many([original], copies, lambda row, known: {})
    parties = list(original.parties.all())
    copy_many(parties, copies, lambda row, known: {"agreement_id": known[original]})
    party_of, file_of = {row.pk: row for row in parties}, {row.pk: row for row in files}

    def new_file(row: Any, known: dict[Any, Any]) -> dict[str, Any]:
        with row.file.open("rb") as file:
            name = row.file.storage.save(f"agreements/files/{secrets.token_hex(16)}.pdf", file)
        return {"agreement_id": known[original], "file": name}

    def new_terms(row: AgreementVersion, known: dict[Any, Any]) -> dict[str, Any]:
        terms = row.said
        terms = replace(
            terms,
            parties=tuple(replace(one, party=known[party_of[one.party]]) for one in terms.parties),
            duties=tuple(replace(one, party=known[party_of[one.party]]) for one in terms.duties),
            attachments=tuple(replace(one, file=known[file_of[one.file]]) for one in terms.attachments),
        )
        return {"agreement_id": known[original], "terms": terms.dump()}

    copy_many(files, copies, new_file)
    copy_many(versions, copies, new_terms)
    version_of = {row.pk: row for row in versions}
    copy_many(
        signers,
        copies,
        lambda row, known: {"version_id": known[version_of[row.version_id]], "party_id": known[party_of[row.party_id]]},
    )
    new = AgreementVersion.objects.whole().filter(agreement__in=[known[original] for known in copies])
    made = {version.pk: version for version in new}
    signer_of = {row.pk: row for row in signers}

    def new_signature(row: Signature, known: dict[Any, Any]) -> dict[str, Any]:
        signer = signer_of[row.signer_id]
        version = made[known[version_of[signer.version_id]]]
        return {
            "signer_id": known[signer],
            "content_hash": version.hash_for(known[party_of[signer.party_id]]),
            "scan_id": known[file_of[row.scan_id]] if row.scan_id else None,
        }

    copy_many(list(Signature.objects.filter(signer__in=signers)), copies, new_signature)
    obligations = list(original.obligations.all())
    copy_many(
        obligations,
        copies,
        lambda row, known: {"agreement_id": known[original], "party_id": known[party_of[row.party_id]]},
    )
    copy_chains(original, versions, copies)


def copy_chains(original: Agreement, versions: list[AgreementVersion], copies: list[dict[Any, Any]]) -> None:
    from apps.agreements.models import AgreementVersion, ChainEntry, Signature  # noqa: PLC0415
    from apps.agreements.models.chain import BEGINNING  # noqa: PLC0415
    from apps.agreements.services.circuit import facts_of, facts_shown  # noqa: PLC0415

    number_of = {row.number: row for row in versions}
    signature_of = {row.pk: row for row in Signature.objects.filter(signer__version__agreement=original)}
    acts = list(original.chain.order_by("sequence"))
    wanted = [known[original] for known in copies]
    made = {row.pk: row for row in AgreementVersion.objects.whole().filter(agreement__in=wanted)}
    signed = {
        row.pk: row
        for row in Signature.objects.filter(signer__version__agreement__in=wanted).select_related("signer", "scan")
    }
    entries: list[ChainEntry] = []
    for known in copies:
        previous = BEGINNING
        for act in acts:
            payload = dict(act.payload)
            version = made[known[number_of[payload["version"]]]]
            if payload["event"] == "submitted":
                payload |= {"document": version.document(), **facts_shown(version)}
            elif "signature" in payload:
                payload["signature"] = known[signature_of[payload["signature"]]]
                payload |= facts_of(signed[payload["signature"]]) if payload["event"] == "signed" else {}
            entry = copy_of(act, agreement_id=known[original], previous=previous, payload=payload)
            entry.digest = previous = entry.computed_digest()
            entries.append(entry)
    ChainEntry.objects.bulk_create(entries, batch_size=CHUNK)


def measure(count: int, folder: Path) -> list[str]:
    """Verify them all; then tamper with one, and see that it alone is found."""
    from apps.agreements.models import Agreement, ChainEntry, Signature  # noqa: PLC0415
    from apps.agreements.services import anchor_write  # noqa: PLC0415
    from apps.agreements.verification import verify  # noqa: PLC0415

    anchor_write(folder)
    start = time.perf_counter()
    found = list(verify(folder))
    seconds = time.perf_counter() - start
    if found:
        raise SystemExit(f"{len(found)} faults in what nobody touched: {found[0]}")
    one = Agreement.objects.order_by("pk")[count // 2]
    victim = Signature.objects.filter(signer__version__agreement=one).earliest("pk")
    Signature.objects.filter(pk=victim.pk).update(signed_at=victim.signed_at - timedelta(seconds=1))
    if {fault.agreement for fault in verify(folder)} != {one.pk}:
        raise SystemExit("a signature that was changed is not the one that is found")
    rows = [f"{model.objects.count():,}" for model in (Agreement, ChainEntry, Signature)]
    files = f"{one.files.count() * int(rows[0].replace(',', '')):,}"
    return [*rows, files, f"{seconds:.0f}", "yes" if seconds <= GOAL_SECONDS else "no"]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.proof")
    parser.add_argument("--agreements", type=int, default=10_000)
    parser.add_argument("--record", action="store_true", help="write the figures into docs/benchmarks.md")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, running_stack(place, processes=()) as stack:
        os.environ.update(stack.env)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collab_portal.settings")
        import django  # noqa: PLC0415

        django.setup()
        from benchmarks import report  # noqa: PLC0415

        load = f"load of the machine before: {os.getloadavg()[0]:.1f}"
        original = make_original()
        left = iter(range(arguments.agreements - 1))
        while chunk := len(list(islice(left, CHUNK))):
            copy_agreement(original, chunk)
            print(".", end="", flush=True)
        lines = [measure(arguments.agreements, Path(place) / "anchors")]
        head = [
            "agreements",
            "acts",
            "signatures",
            f"files of {FILE_BYTES // 1000} kB",
            "seconds",
            f"met (≤ {GOAL_SECONDS} s)",
        ]
        figures = f"- {date.today():%Y-%m-%d}; {load}\n\n{report.table(head, lines)}"  # noqa: DTZ011  # a date for people
        print(f"\n{figures}")
        if arguments.record:
            text = DOCUMENT.read_text()
            before, rest = text.split(BEGIN)
            DOCUMENT.write_text(f"{before}{BEGIN}\n\n{figures}\n\n{END}{rest.split(END)[1]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
