"""Ways to tamper behind the portal's back, each as the owner of the database, or of the disk, could."""
# ruff: noqa: S608  # the statements are put together here, of constants

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connection

from apps.agreements.models import Agreement, AgreementFile, ChainEntry, Signature
from apps.agreements.models.agreements import canonical
from tests.factories.organizations import make_member, make_university

Tamper = Callable[[Agreement, Agreement], None]

VERSION = "(SELECT id FROM agreements_agreementversion WHERE agreement_id = %s AND number = {})"
FIRST, SECOND = VERSION.format(1), VERSION.format(2)
PARTY = "(SELECT min(id) FROM agreements_agreementparty WHERE agreement_id = %s)"
SIGNER = f"(SELECT min(id) FROM agreements_signer WHERE version_id = {SECOND})"
SIGNATURES = {
    method: f"(SELECT s.id FROM agreements_signature s JOIN agreements_signer r ON r.id = s.signer_id"
    f" WHERE r.version_id = {FIRST} AND s.method = '{method}')"
    for method in ("browser", "link", "paper")
}


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def _rows(statement: str) -> Tamper:
    """``statement``, with the agreement's number wherever it asks for one."""
    return lambda agreement, other: sql(statement, *[agreement.pk] * statement.count("%s"))


def _set(table: str, change: str, row: str = "%s") -> Tamper:
    return _rows(f"UPDATE agreements_{table} SET {change} WHERE id = {row}")


def _agreement(change: str) -> Tamper:
    return _set("agreement", change)


def _terms(path: str, value: str) -> Tamper:
    return _set("agreementversion", f"terms = jsonb_set(terms, '{path}', '{value}')", SECOND)


def _signature(change: str, method: str = "browser") -> Tamper:
    return _set("signature", change, SIGNATURES[method])


def entry(agreement: Agreement, event: str) -> ChainEntry:
    return next(entry for entry in agreement.chain.all() if entry.payload["event"] == event)


def rewrite(row: ChainEntry, **changed: Any) -> None:
    """What somebody who knows the chain would do: change the act and compute the digest anew."""
    row.payload |= changed
    row.digest = row.computed_digest()
    payload = json.dumps(row.payload)
    sql("UPDATE agreements_chainentry SET payload = %s, digest = %s WHERE id = %s", payload, row.digest, row.pk)


def rechain(agreement: Agreement) -> None:
    """Bring number, digest before and digest of a whole chain in step again, as a patient forger would."""
    previous = "0" * 64
    for number, row in enumerate(ChainEntry.objects.filter(agreement=agreement).order_by("sequence"), 1):
        row.sequence, row.previous = number, previous
        row.digest = previous = row.computed_digest()
        sql(
            "UPDATE agreements_chainentry SET sequence = %s, previous = %s, digest = %s WHERE id = %s",
            number,
            row.previous,
            row.digest,
            row.pk,
        )


def swap_terms(agreement: Agreement, other: Agreement) -> None:
    """The texts of two agreements change places."""
    terms = {one.pk: one.versions.order_by("-number")[0] for one in (agreement, other)}
    for one, another in ((agreement, other), (other, agreement)):
        text = json.dumps(terms[another.pk].terms)
        sql("UPDATE agreements_agreementversion SET terms = %s WHERE id = %s", text, terms[one.pk].pk)


def swap_chains(agreement: Agreement, other: Agreement) -> None:
    """By their numbers, in three steps."""
    for wanted, present in ((-1, agreement.pk), (agreement.pk, other.pk), (other.pk, -1)):
        sql("SET CONSTRAINTS ALL DEFERRED")
        sql("UPDATE agreements_chainentry SET agreement_id = %s WHERE agreement_id = %s", wanted, present)


def roll_back(agreement: Agreement, other: Agreement) -> None:
    """The amendment is made undone, the version before holds again, and the agreement ends when that says."""
    sql(
        f"UPDATE agreements_agreementversion SET state = 'withdrawn', reason = 'x', closed_at = now() WHERE id = {SECOND}",
        agreement.pk,
    )
    sql(f"UPDATE agreements_agreementversion SET state = 'in_force', closed_at = NULL WHERE id = {FIRST}", agreement.pk)
    sql("UPDATE agreements_agreement SET ends_on = ends_on - 30 WHERE id = %s", agreement.pk)


def roll_back_with_the_chain(agreement: Agreement, other: Agreement) -> None:
    """As if the amendment had never been: its acts, signatures and its row are gone."""
    roll_back(agreement, other)
    sql("DELETE FROM agreements_chainentry WHERE agreement_id = %s AND payload->>'version' = '2'", agreement.pk)
    signers = f"SELECT id FROM agreements_signer WHERE version_id = {SECOND}"
    sql(f"DELETE FROM agreements_signature WHERE signer_id IN ({signers})", agreement.pk)
    sql(f"DELETE FROM agreements_signer WHERE id IN ({signers})", agreement.pk)
    sql(f"DELETE FROM agreements_agreementversion WHERE id = {SECOND}", agreement.pk)


def delete_middle(agreement: Agreement, other: Agreement) -> None:
    sql("DELETE FROM agreements_chainentry WHERE id = %s", entry(agreement, "signed").pk)


def delete_middle_and_rechain(agreement: Agreement, other: Agreement) -> None:
    delete_middle(agreement, other)
    rechain(agreement)


def cut_tail(agreement: Agreement, other: Agreement) -> None:
    """The last act of the other agreement is gone, its state goes back with it: only an anchor can tell."""
    sql("DELETE FROM agreements_chainentry WHERE id = %s", entry(agreement, "terminated").pk)
    sql("UPDATE agreements_agreement SET state = 'in_force', ended_at = NULL WHERE id = %s", agreement.pk)


def insert(agreement: Agreement, payload: dict[str, Any]) -> None:
    """An act more before the last one."""
    last = agreement.chain.order_by("-sequence")[0]
    sql("UPDATE agreements_chainentry SET sequence = 99 WHERE id = %s", last.pk)
    sql(
        "INSERT INTO agreements_chainentry (agreement_id, sequence, payload, previous, digest) VALUES (%s, %s, %s, '', '')",
        agreement.pk,
        last.sequence,
        json.dumps(payload),
    )
    rechain(agreement)


def insert_unknown(agreement: Agreement, other: Agreement) -> None:
    insert(agreement, {"event": "improved", "at": "2026-01-01", "version": 1})


def insert_signature(agreement: Agreement, other: Agreement) -> None:
    """The same signature is said to have been given twice."""
    insert(agreement, entry(agreement, "signed").payload)


def insert_reason(agreement: Agreement, other: Agreement) -> None:
    """A suspension that never was, and its end: the rows do not know it."""
    acts = {"at": "2026-01-01", "reason": "x", "suspended_at": "2026-01-01", "suspended_by": 1}
    sql(
        "UPDATE agreements_chainentry SET sequence = sequence + 50 WHERE agreement_id = %s AND sequence > 7",
        agreement.pk,
    )
    for number, event in ((8, "suspended"), (9, "resumed")):
        sql(
            "INSERT INTO agreements_chainentry (agreement_id, sequence, payload, previous, digest) VALUES (%s, %s, %s, '', '')",
            agreement.pk,
            number,
            json.dumps(acts | {"event": event}),
        )
    rechain(agreement)


def reorder(agreement: Agreement, other: Agreement) -> None:
    """The first two signatures change places."""
    first, second = [row for row in agreement.chain.order_by("sequence") if row.payload["event"] == "signed"][:2]
    for number, row in ((97, first), (first.sequence, second), (second.sequence, first)):
        sql("UPDATE agreements_chainentry SET sequence = %s WHERE id = %s", number, row.pk)


def reorder_and_rechain(agreement: Agreement, other: Agreement) -> None:
    reorder(agreement, other)
    rechain(agreement)


def rewrite_document(agreement: Agreement, other: Agreement) -> None:
    """The clause, the act and the whole chain: signatures and anchors still tell."""
    _terms("{clauses,0,text}", '"Else."')(agreement, other)
    version = agreement.versions.get(number=2)
    row = agreement.chain.get(payload__event="submitted", payload__version=2)
    digest = hashlib.sha256(canonical(version.terms)).hexdigest()
    rewrite(row, document=version.document(), terms=digest)
    rechain(agreement)


def move_signature(agreement: Agreement, other: Agreement) -> None:
    """A signature of another agreement is put in the place of this one's."""
    mine = Signature.objects.filter(signer__version__agreement=agreement, signer__version__number=2).earliest("pk")
    theirs = Signature.objects.filter(signer__version__agreement=other).earliest("pk")
    sql("DELETE FROM agreements_signature WHERE id = %s", mine.pk)
    sql("UPDATE agreements_signature SET signer_id = %s WHERE id = %s", mine.signer_id, theirs.pk)


def add_party(agreement: Agreement, other: Agreement) -> None:
    sql(
        "INSERT INTO agreements_agreementparty (agreement_id, organization_id) VALUES (%s, %s)",
        agreement.pk,
        make_university().pk,
    )


def add_duty(agreement: Agreement, other: Agreement) -> None:
    sql(
        "INSERT INTO agreements_obligation (agreement_id, party_id, key, kind, text, quantity, unit, due_on, state, note, reason)"
        f" VALUES (%s, {PARTY}, 'd2', 'money', 'Money', 1, 'CNY', now(), 'owed', '', '')",
        agreement.pk,
        agreement.pk,
    )


def add_signature(agreement: Agreement, other: Agreement) -> None:
    """A copy of a signature that was given, as one that was void."""
    row = Signature.objects.filter(signer__version__agreement=agreement).earliest("pk")
    row.pk, row._state.adding = None, True
    row.voided_at, row.void_reason = row.signed_at, "x"
    row.save(force_insert=True)


def other_member(column: str, table: str, row: str) -> Tamper:
    def tamper(agreement: Agreement, other: Agreement) -> None:
        member = make_member(make_university())
        sql(f"UPDATE agreements_{table} SET {column} = %s WHERE id = {row}", member.pk, agreement.pk)

    return tamper


def other_organization(column: str, table: str, row: str = "%s") -> Tamper:
    def tamper(agreement: Agreement, other: Agreement) -> None:
        sql(f"UPDATE agreements_{table} SET {column} = %s WHERE id = {row}", make_university().pk, agreement.pk)

    return tamper


DATABASE: dict[str, Tamper] = {
    "one byte of a clause": _set(
        "agreementversion",
        "terms = jsonb_set(terms, '{clauses,0,text}', to_jsonb(overlay(terms#>>'{clauses,0,text}' placing 'X' from 3 for 1)))",
        SECOND,
    ),
    "one byte of a clause of a superseded version": _set(
        "agreementversion", "terms = jsonb_set(terms, '{clauses,0,text}', '\"X\"')", FIRST
    ),
    "order of the clauses": _set(
        "agreementversion",
        "terms = jsonb_set(jsonb_set(terms, '{clauses,0}', terms#>'{clauses,1}'), '{clauses,1}', terms#>'{clauses,0}')",
        SECOND,
    ),
    "whom a clause concerns": _set(
        "agreementversion", "terms = jsonb_set(terms, '{clauses,12,concerns}', '[]')", SECOND
    ),
    "title": _terms("{title}", '"Other"'),
    "first day": _terms("{starts_on}", '"2020-01-01"'),
    "last day": _terms("{ends_on}", '"2040-01-01"'),
    "notice period that no clause names": _terms("{values,notice_days}", '"1"'),
    "name of a party": _terms("{parties,0,name}", '"Other"'),
    "duty in the text": _terms("{duties,0,quantity}", '"1"'),
    "share": _terms("{shares,0,risk}", '"60"'),
    "sum of an attachment in the text": _terms("{attachments,0,sha256}", f'"{"0" * 64}"'),
    "rolled-back text": _set(
        "agreementversion", f"terms = (SELECT terms FROM agreements_agreementversion WHERE id = {FIRST})", SECOND
    ),
    "rolled-back version": roll_back,
    "rolled-back version with its chain": roll_back_with_the_chain,
    "revision": _set("agreementversion", "revision = revision - 1", SECOND),
    "state of a version": _set("agreementversion", "state = 'awaiting_signatures'", SECOND),
    "note on what changes": _set("agreementversion", "note = 'x'", SECOND),
    "last day to sign": _set("agreementversion", "sign_until = sign_until + 1", SECOND),
    "time of submission": _set("agreementversion", "submitted_at = submitted_at - interval '1 day'", SECOND),
    "time of coming into force": _set("agreementversion", "in_force_at = in_force_at - interval '1 second'", SECOND),
    "time of being superseded": _set("agreementversion", "closed_at = closed_at - interval '1 second'", FIRST),
    "who drafted a version": other_organization("drafted_by_id", "agreementversion", SECOND),
    "who drafted the agreement": other_organization("drafted_by_id", "agreement"),
    "title in the list": _agreement("title = 'Other'"),
    "mode": _agreement("mode_id = 'order_based'"),
    "framework": lambda agreement, other: sql(
        "UPDATE agreements_agreement SET framework_id = %s WHERE id = %s", other.pk, agreement.pk
    ),
    "days in the list": _agreement("ends_on = ends_on + 365"),
    "state": _agreement("state = 'suspended', suspended_at = now(), suspension_reason = 'x'"),
    "notice that nobody gave": _agreement(
        "last_day = ends_on, notice_given_at = now(), termination_reason = 'x', cause = 'breach'"
    ),
    "another party": other_organization("organization_id", "agreementparty", PARTY),
    "a party more": add_party,
    "since when a party is one": _set("agreementparty", "joined_at = joined_at - interval '1 day'", PARTY),
    "a party that is said to have left": _set("agreementparty", "left_at = now()", PARTY),
    "capacity of a signer": _set("signer", "capacity = 'legal'", SIGNER),
    "turn of a signer": _set("signer", '"order" = 2', SIGNER),
    "party of a signer": _set(
        "signer", "party_id = (SELECT max(id) FROM agreements_agreementparty WHERE agreement_id = %s)", SIGNER
    ),
    "who is asked to sign": other_member("membership_id", "signer", SIGNER),
    "deputy": other_member("deputy_id", "signer", SIGNER),
    "signer taken out": _set("signer", "removed_at = now()", SIGNER),
    "name of who signed by a link": _set(
        "signer", "name = 'Other'", f"(SELECT signer_id FROM agreements_signature WHERE id = {SIGNATURES['link']})"
    ),
    "who signed": other_member("membership_id", "signature", SIGNATURES["browser"]),
    "name in a signature": _signature("name = 'Other'"),
    "address": _signature("address = '192.0.2.8'"),
    "browser": _signature("agent = 'Browser 2.0'"),
    "second factor": _signature("factor = 'webauthn'"),
    "time of a signature": _signature("signed_at = signed_at - interval '1 hour'"),
    "day of a signature": _signature("signed_on = signed_on - 1", "paper"),
    "hash of a signature": _signature("content_hash = repeat('0', 64)"),
    "method of a signature": _signature("method = 'browser'", "link"),
    "authority of a signature": _signature("authority = 'named'"),
    "confirmation of a paper": _signature("confirmed_at = confirmed_at - interval '1 day'", "paper"),
    "who confirmed a paper": other_member("confirmed_by_id", "signature", SIGNATURES["paper"]),
    "signature made void": _signature("voided_at = now(), void_reason = 'x'"),
    "signature taken out": _rows(f"DELETE FROM agreements_signature WHERE id = {SIGNATURES['browser']}"),
    "signature put in": add_signature,
    "signature moved from another agreement": move_signature,
    "quantity of an obligation": _rows("UPDATE agreements_obligation SET quantity = 1 WHERE agreement_id = %s"),
    "day of an obligation": _rows("UPDATE agreements_obligation SET due_on = due_on + 1 WHERE agreement_id = %s"),
    "who owes": _set(
        "obligation", f"party_id = {PARTY}", "(SELECT id FROM agreements_obligation WHERE agreement_id = %s)"
    ),
    "obligation taken out": _rows("DELETE FROM agreements_obligation WHERE agreement_id = %s"),
    "obligation put in": add_duty,
    "swapped texts": swap_terms,
    "act changed": lambda agreement, other: sql(
        "UPDATE agreements_chainentry SET payload = payload || '{\"user\": 1}' WHERE id = %s",
        entry(agreement, "signed").pk,
    ),
    "act changed with its digest": lambda agreement, other: rewrite(entry(agreement, "signed"), user=1),
    "act taken out": delete_middle,
    "act taken out and chained anew": delete_middle_and_rechain,
    "unknown act put in and chained anew": insert_unknown,
    "signature put in and chained anew": insert_signature,
    "suspension put in and chained anew": insert_reason,
    "acts reordered": reorder,
    "acts reordered and chained anew": reorder_and_rechain,
    "chains swapped": swap_chains,
    "whole chain gone": _rows("DELETE FROM agreements_chainentry WHERE agreement_id = %s"),
    "text, act and chain written anew": rewrite_document,
}
ONLY_ANCHORED = {
    "rolled-back version with its chain",
    "suspension put in and chained anew",
    "acts reordered and chained anew",
}
"""What no row contradicts: it is the anchor that tells."""
BOTH = {"swapped texts", "chains swapped", "signature moved from another agreement"}
"""Kinds that harm the other agreement, too."""


def attached(agreement: Agreement) -> AgreementFile:
    return agreement.files.earliest("pk")


def overwrite(row: AgreementFile, content: bytes) -> None:
    Path(row.file.path).write_bytes(content)


def _flip(row: AgreementFile) -> bytes:
    with row.file.open("rb") as file:
        content = bytearray(file.read())
    content[len(content) // 2] ^= 1
    overwrite(row, bytes(content))
    return bytes(content)


def flip_attachment(agreement: Agreement, other: Agreement) -> None:
    _flip(attached(agreement))


def flip_scan(agreement: Agreement, other: Agreement) -> None:
    _flip(agreement.files.latest("pk"))


def flip_with_the_row(agreement: Agreement, other: Agreement) -> None:
    """The row is brought in step: the text and the chain still tell."""
    row = attached(agreement)
    digest = hashlib.sha256(_flip(row)).hexdigest()
    sql("UPDATE agreements_agreementfile SET sha256 = %s WHERE id = %s", digest, row.pk)


def flip_scan_with_the_row(agreement: Agreement, other: Agreement) -> None:
    row = agreement.files.latest("pk")
    digest = hashlib.sha256(_flip(row)).hexdigest()
    sql("UPDATE agreements_agreementfile SET sha256 = %s WHERE id = %s", digest, row.pk)


def remove_file(agreement: Agreement, other: Agreement) -> None:
    Path(attached(agreement).file.path).unlink()


def swap_files(agreement: Agreement, other: Agreement) -> None:
    """The attachment and the scan change places on the disk."""
    rows = list(agreement.files.order_by("pk"))
    contents = []
    for row in rows:
        with row.file.open("rb") as file:
            contents.append(file.read())
    for row, content in zip(rows, reversed(contents), strict=True):
        overwrite(row, content)


def point_elsewhere(agreement: Agreement, other: Agreement) -> None:
    """The row of the attachment names the file of the scan."""
    row = attached(agreement)
    scan = agreement.files.latest("pk")
    sql("UPDATE agreements_agreementfile SET file = %s WHERE id = %s", scan.file.name, row.pk)


def rename(agreement: Agreement, other: Agreement) -> None:
    sql("UPDATE agreements_agreementfile SET name = 'other.pdf' WHERE id = %s", attached(agreement).pk)


DISK: dict[str, Tamper] = {
    "one bit of an attachment": flip_attachment,
    "one bit of a scan": flip_scan,
    "attachment with its row": flip_with_the_row,
    "scan with its row": flip_scan_with_the_row,
    "attachment deleted": remove_file,
    "attachment and scan swapped": swap_files,
    "row names another file": point_elsewhere,
    "name of an attachment": rename,
}
