"""Agreements on paper: PDF, the page that says whether one is genuine, the bundle that is checked without the portal."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import translation

from apps.agreements.models import Agreement, AgreementVersion
from apps.agreements.models.agreements import canonical
from apps.agreements.paper import agreement_bundle, seal_in, verification_number, version_pdf
from apps.agreements.policies import shown_part
from apps.agreements.services import (
    agreement_recall,
    agreement_submit,
    agreement_terminate,
    anchor_write,
    version_propose,
    version_revise,
)
from apps.agreements.terms import Clause
from apps.organizations.models import Membership
from tests.agreements.proof import ATTACHMENT, EVIDENCE, LEGAL, SCAN, make_proven
from tests.agreements.tampering import attached, overwrite
from tests.factories.agreements import clauses_of, make_draft, make_in_force, make_submitted, open_version, sign_all
from tests.factories.organizations import actor_as, make_enterprise, make_member, make_university, sign_in

pytestmark = pytest.mark.django_db
URL = reverse("agreements:verify")
TRICKY = "#set page(width: 1cm)\n$ x $ *not bold* 𠮷 䶮\n\n第二段 `code` @ref <tag>"


@pytest.fixture
def school(db: None) -> Membership:
    return make_member(make_university(name="太湖理工大学"))


@pytest.fixture
def firm(db: None) -> Membership:
    return make_member(make_enterprise(name="Precision #1 [Machines]"))


@pytest.fixture
def agreement(school: Membership, firm: Membership) -> Agreement:
    return make_proven(school, firm)


def version_of(agreement: Agreement, number: int) -> AgreementVersion:
    return AgreementVersion.objects.whole().get(agreement=agreement, number=number)


def number_of(agreement: Agreement, number: int = 2, party: int | None = None) -> str:
    version = version_of(agreement, number)
    return verification_number(version, version.hash_for(party))


def pages_in(pdf: bytes) -> int:
    return int(re.findall(rb"/Type/Pages/Count (\d+)|/Count (\d+)\s*/Kids", pdf.replace(b"\n", b""))[0][0])


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("number", [1, 2])
def test_pdf_is_the_same_twice(number: int, language: str, agreement: Agreement) -> None:
    with translation.override(language):
        first, second = (version_pdf(version_of(agreement, number), None) for _turn in range(2))
    assert first == second
    assert first.startswith(b"%PDF-1.7")
    assert pages_in(first) >= 2


def test_text_stays_text(school: Membership, firm: Membership) -> None:
    clauses = (*clauses_of("training_base"), Clause("other", "= [Heading] #1", TRICKY))
    agreement = make_draft(school, firm, title="实训基地 [共建] #协议", clauses=clauses)
    plain = make_draft(school, firm, title="实训基地 [共建] #协议")
    pages = [pages_in(version_pdf(version_of(one, 1), None)) for one in (agreement, plain)]
    assert 0 <= pages[0] - pages[1] <= 1


def test_seal_breaks_with_any_byte(agreement: Agreement, settings: Any) -> None:
    version = version_of(agreement, 2)
    pdf = version_pdf(version, None)
    assert seal_in(pdf) == (version.pk, version.content_hash)
    for place in (10, len(pdf) // 2, len(pdf) - 2, len(pdf) - 90, len(pdf) - 150):
        changed = bytearray(pdf)
        changed[place] ^= 1
        assert seal_in(bytes(changed)) is None, place
    for other in (b"", b"%PDF-1.7", pdf[:-1], pdf + b"x", pdf + pdf):
        assert seal_in(other) is None
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    assert seal_in(pdf) is not None
    settings.SECRET_KEY_FALLBACKS = []
    assert seal_in(pdf) is None


def test_paper_is_for_those_who_see_the_agreement(school: Membership, agreement: Agreement) -> None:
    browser, stranger = Client(), Client()
    sign_in(browser, school)
    sign_in(stranger, make_member(make_enterprise()))
    for name, pk in (
        ("agreements:agreement_pdf", agreement.pk),
        ("agreements:version_pdf", version_of(agreement, 1).pk),
        ("agreements:agreement_bundle", agreement.pk),
    ):
        response = browser.get(reverse(name, args=[pk]))
        assert response.headers["Content-Disposition"].startswith("attachment")
        assert len(b"".join(response.streaming_content)) > 5000  # type: ignore[attr-defined]  # a FileResponse
        assert stranger.get(reverse(name, args=[pk])).status_code == 404


def upload(content: bytes) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("paper.pdf", content, "application/pdf")}


def answers(agreement: Agreement, number: int = 2, party: int | None = None) -> list[str]:
    """What the page says to the number and to the file."""
    number_, pdf = number_of(agreement, number, party), version_pdf(version_of(agreement, number), party)
    pages = [
        Client().get(URL, {"number": number_}),
        Client().post(URL, {"number": f" {number_.lower()} "}),
        Client().post(URL, upload(pdf)),
    ]
    assert [page.status_code for page in pages] == [200, 200, 200]
    return [page.content.decode() for page in pages]


def test_number_and_file_are_genuine_and_name_nobody(
    school: Membership, firm: Membership, agreement: Agreement
) -> None:
    for page in answers(agreement):
        assert "Genuine" in page
        assert agreement.number in page
        for person in (school.user.name, school.user.email, firm.user.name, LEGAL, EVIDENCE.address):
            assert person not in page


def test_paper_of_one_party_is_genuine_too(firm: Membership, school: Membership, agreement: Agreement) -> None:
    """The school reads no clause that is for the firm alone; its paper has a number of its own."""
    version = version_of(agreement, 2)
    party = shown_part(actor_as(school), version)
    assert party is not None
    assert shown_part(actor_as(firm), version) is None
    assert number_of(agreement, 2, party) != number_of(agreement, 2)
    for page in answers(agreement, 2, party):
        assert "Genuine" in page


def test_superseded_version_is_genuine_and_does_not_hold(agreement: Agreement) -> None:
    for page in answers(agreement, 1):
        assert "Genuine, but does not hold" in page
        assert "superseded" in page


def test_what_was_shown_before_a_change_is_out_of_date(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    number, pdf = number_of(agreement, 1), version_pdf(version_of(agreement, 1), None)
    agreement_recall(actor_as(school), agreement_id=agreement.pk, reason="A word.")
    for state in ("draft", "submitted again"):
        if state == "submitted again":
            version = open_version(agreement)
            version_revise(actor_as(school), version_id=version.pk, expected_revision=None, title="Another title")
            agreement_submit(actor_as(school), agreement_id=agreement.pk)
        for page in (Client().get(URL, {"number": number}), Client().post(URL, upload(pdf))):
            assert "Out of date" in page.content.decode()
    assert "Genuine" in answers(agreement, 1)[0]


def test_what_the_portal_did_not_issue_is_not_known(agreement: Agreement, school: Membership, firm: Membership) -> None:
    draft = make_draft(school, firm)
    pdf = version_pdf(version_of(agreement, 2), None)
    code = number_of(agreement).rsplit("-", 1)[1]
    numbers = [
        agreement.number,
        f"{agreement.number}-2-000000000000",
        f"{agreement.number}-1-{code}",
        f"{agreement.number}-9-{code}",
        number_of(draft, 1),
        "\x00",
        "AG-",
    ]
    said = [Client().get(URL, {"number": number}) for number in numbers]
    of_draft = version_pdf(version_of(draft, 1), None)
    said += [Client().post(URL, upload(content)) for content in (pdf.replace(b"/Count", b"/count"), of_draft)]
    for answer in said:
        assert answer.status_code == 200
        assert "Not known" in answer.content.decode()
        assert agreement.title not in answer.content.decode()
    assert Client().post(URL, {}).status_code == 422


def test_paper_of_an_agreement_that_ended_says_so(school: Membership, agreement: Agreement) -> None:
    pdf = version_pdf(version_of(agreement, 2), None)
    agreement_terminate(
        actor_as(school), agreement_id=agreement.pk, cause="breach", reason="The line is closed.", settlement="Paid."
    )
    page = Client().post(URL, upload(pdf)).content.decode()
    assert "Genuine, but does not hold" in page
    assert "terminated" in page


def unpack(member: Membership, agreement: Agreement, folder: Path) -> Path:
    with agreement_bundle(actor_as(member), agreement) as raw, zipfile.ZipFile(raw) as file:
        file.extractall(folder)
    return folder


def check(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", str(folder / "verify.py"), str(folder), *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        env={"PYTHONUTF8": "1"},
    )


def record_in(folder: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((folder / "agreement.json").read_text())
    return record


@pytest.fixture
def bundle(agreement: Agreement, firm: Membership, tmp_path: Path) -> Path:
    """For the firm, which drafted the amendment and reads all of it."""
    return unpack(firm, agreement, tmp_path)


def test_bundle_verifies_without_the_portal(
    agreement: Agreement, bundle: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    anchor = anchor_write(tmp_path_factory.mktemp("anchors"))
    done = check(bundle, "--anchor", str(anchor))
    assert (done.returncode, done.stderr) == (0, "")
    assert "is what was signed" in done.stdout
    assert len((bundle / "verify.py").read_text().splitlines()) <= 150
    names = {path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file()}
    kept = {f"files/{row.pk}.pdf" for row in agreement.files.all()}
    papers = {f"{agreement.number}-{number}.pdf" for number in (1, 2)}
    assert names == {"agreement.json", "verify.py", *papers, *kept}
    assert {(bundle / name).read_bytes() for name in kept} == {ATTACHMENT, SCAN}


def test_bundle_names_addresses_of_the_own_side_alone(school: Membership, agreement: Agreement, tmp_path: Path) -> None:
    first = record_in(unpack(school, agreement, tmp_path))["versions"][0]
    addresses = {row["method"]: row.get("address") for row in first["signatures"]}
    assert addresses == {"browser": EVIDENCE.address, "paper": "", "link": None}
    assert check(tmp_path).returncode == 0


def test_bundle_withholds_what_is_for_others_alone(school: Membership, agreement: Agreement, tmp_path: Path) -> None:
    """The amendment has a clause that is for the firm alone: the school gets its own part, and it verifies."""
    record = record_in(unpack(school, agreement, tmp_path))
    second = record["versions"][1]
    assert "A store room" not in json.dumps(second)
    assert [entry["sequence"] for entry in record["chain"] if "payload" not in entry] == [8]
    assert check(tmp_path).returncode == 0
    second["document"]["clauses"][0]["text"] = "Else."
    (tmp_path / "agreement.json").write_bytes(canonical(record))
    assert "was given for something else" in check(tmp_path).stderr


def test_bundle_of_who_joined_later_shows_nothing_from_before(
    school: Membership, firm: Membership, tmp_path: Path
) -> None:
    third = make_member(make_university())
    agreement = make_in_force(school, firm)
    version = version_propose(actor_as(school), agreement_id=agreement.pk, kind="amendment", note="One more.")
    parties = [firm.organization_id, third.organization_id]
    version_revise(actor_as(school), version_id=version.pk, expected_revision=None, party_ids=parties)
    agreement_submit(actor_as(school), agreement_id=agreement.pk)
    sign_all(agreement, (school, firm, third))
    for member, known in ((third, [2]), (firm, [1, 2])):
        folder = tmp_path / str(member.pk)
        record = record_in(unpack(member, Agreement.objects.get(pk=agreement.pk), folder))
        assert [one["number"] for one in record["versions"]] == known
        assert {entry["payload"]["version"] for entry in record["chain"] if "payload" in entry} == set(known)
        assert (check(folder).returncode, check(folder).stderr) == (0, "")


@pytest.mark.parametrize("shown", [False, True])
def test_bundle_of_a_draft_verifies(shown: bool, school: Membership, firm: Membership, tmp_path: Path) -> None:
    agreement = make_submitted(school, firm) if shown else make_draft(school, firm)
    assert (check(unpack(school, agreement, tmp_path)).returncode, check(tmp_path).stderr) == (0, "")
    if shown:
        agreement_recall(actor_as(school), agreement_id=agreement.pk, reason="A word.")
        assert check(unpack(school, Agreement.objects.get(pk=agreement.pk), tmp_path)).returncode == 0


def _text(record: dict[str, Any]) -> None:
    record["versions"][1]["document"]["clauses"][0]["text"] += "."


def _earlier_text(record: dict[str, Any]) -> None:
    record["versions"][0]["document"]["clauses"][0]["text"] += "."


def _shown(record: dict[str, Any]) -> None:
    record["chain"][0]["payload"]["document"]["clauses"][0]["text"] += "."


def _day(record: dict[str, Any]) -> None:
    record["versions"][1]["document"]["ends_on"] = "2099-01-01"


def _party(record: dict[str, Any]) -> None:
    record["versions"][0]["document"]["parties"][0]["name"] = "Other"


def _attachment(record: dict[str, Any]) -> None:
    record["versions"][0]["document"]["attachments"][0]["sha256"] = "0" * 64


def _signer(record: dict[str, Any]) -> None:
    next(row for row in record["versions"][0]["signatures"] if row["method"] == "browser")["signed_by"] = 1


def _time(record: dict[str, Any]) -> None:
    record["versions"][1]["signatures"][0]["signed_at"] = "2020-01-01T00:00:00+00:00"


def _address(record: dict[str, Any]) -> None:
    next(row for row in record["versions"][0]["signatures"] if row.get("address"))["address"] = "192.0.2.8"


def _no_signature(record: dict[str, Any]) -> None:
    record["versions"][0]["signatures"].pop()


def _act(record: dict[str, Any]) -> None:
    record["chain"][2]["payload"]["membership"] = 1


def _less(record: dict[str, Any]) -> None:
    del record["chain"][2]


def _order(record: dict[str, Any]) -> None:
    record["chain"][2], record["chain"][3] = record["chain"][3], record["chain"][2]


def _state(record: dict[str, Any]) -> None:
    record["state"] = "terminated"


def _version_state(record: dict[str, Any]) -> None:
    record["versions"][0]["state"] = "in_force"


def _rolled_back(record: dict[str, Any]) -> None:
    record["versions"][1]["state"] = "withdrawn"


def _withheld(record: dict[str, Any]) -> None:
    del record["chain"][2]["payload"]


@pytest.mark.parametrize(
    "tamper",
    [
        _text,
        _earlier_text,
        _shown,
        _day,
        _party,
        _attachment,
        _signer,
        _time,
        _address,
        _no_signature,
        _act,
        _less,
        _order,
        _state,
        _version_state,
        _rolled_back,
        _withheld,
    ],
)
def test_bundle_that_was_changed_does_not_verify(tamper: Callable[[dict[str, Any]], None], bundle: Path) -> None:
    record = record_in(bundle)
    assert check(bundle).returncode == 0
    tamper(record)
    (bundle / "agreement.json").write_bytes(canonical(record))
    done = check(bundle)
    assert done.returncode == 1
    assert "NOT AS SIGNED" in done.stderr


def test_bundle_whose_end_was_cut_is_known_by_the_anchor(
    school: Membership, firm: Membership, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    agreement = make_in_force(school, firm)
    anchor = anchor_write(tmp_path_factory.mktemp("anchors"))
    record = record_in(unpack(school, agreement, tmp_path))
    record["chain"].pop()
    record["state"] = record["versions"][0]["state"] = "awaiting_signatures"
    (tmp_path / "agreement.json").write_bytes(canonical(record))
    assert check(tmp_path).returncode == 0
    assert check(tmp_path, "--anchor", str(anchor)).returncode == 1


def test_bundle_with_another_file_does_not_verify(bundle: Path) -> None:
    for path in sorted(bundle.rglob("*.pdf")):
        content = path.read_bytes()
        path.write_bytes(content + b"\n")
        assert "not the file of this record" in check(bundle).stderr
        path.unlink()
        assert check(bundle).returncode == 1
        path.write_bytes(content)
    assert check(bundle).returncode == 0


def test_bundle_of_what_was_tampered_with_or_lost_says_so(
    agreement: Agreement, firm: Membership, tmp_path: Path
) -> None:
    row = attached(agreement)
    overwrite(row, ATTACHMENT + b" changed")
    assert row.sha256 in check(unpack(firm, agreement, tmp_path / "changed")).stderr
    Path(row.file.path).unlink()
    assert row.sha256 in check(unpack(firm, agreement, tmp_path / "gone")).stderr
    overwrite(row, ATTACHMENT)
    assert check(unpack(firm, agreement, tmp_path / "back")).returncode == 0
