"""Agreements on paper: PDF, the page that says whether one is genuine, the bundle that is checked without the portal."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import translation

from apps.agreements.models import Agreement
from apps.agreements.models.agreements import canonical
from apps.agreements.paper import agreement_bundle, agreement_pdf, seal_in, verification_number
from apps.agreements.services import agreement_terminate, anchor_write
from apps.organizations.models import Membership
from tests.factories.agreements import make_draft, make_in_force
from tests.factories.organizations import actor_as, make_enterprise, make_member, make_university, sign_in

pytestmark = pytest.mark.django_db
URL = reverse("agreements:verify")


@pytest.fixture
def school(db: None) -> Membership:
    return make_member(make_university(name="太湖理工大学"))


@pytest.fixture
def firm(db: None) -> Membership:
    return make_member(make_enterprise())


@pytest.fixture
def agreement(school: Membership, firm: Membership) -> Agreement:
    content = "#set page(width: 1cm)\n$ x $ *not bold* 𠮷 䶮\n\n第二条 期限"
    return make_in_force(school, firm, title="实训基地 [共建] #协议", content=content)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_pdf_is_the_same_twice_and_text_stays_text(language: str, agreement: Agreement) -> None:
    with translation.override(language):
        first, second = agreement_pdf(agreement), agreement_pdf(agreement)
    assert first == second
    assert first.startswith(b"%PDF-1.7")
    assert b"/Count 2" in first


def test_seal_breaks_with_any_byte(agreement: Agreement) -> None:
    pdf = agreement_pdf(agreement)
    assert seal_in(pdf) == (agreement.pk, agreement.content_hash)
    for place in (10, len(pdf) // 2, len(pdf) - 2, len(pdf) - 90, len(pdf) - 150):
        changed = bytearray(pdf)
        changed[place] ^= 1
        assert seal_in(bytes(changed)) is None, place
    for other in (b"", b"%PDF-1.7", pdf[:-1], pdf + b"x", pdf + pdf):
        assert seal_in(other) is None


def test_paper_is_for_those_who_see_the_agreement(school: Membership, agreement: Agreement) -> None:
    for name in ("agreements:agreement_pdf", "agreements:agreement_bundle"):
        browser, stranger = Client(), Client()
        sign_in(browser, school)
        sign_in(stranger, make_member(make_enterprise()))
        response = browser.get(reverse(name, args=[agreement.pk]))
        assert response.headers["Content-Disposition"].startswith("attachment")
        assert len(b"".join(response.streaming_content)) > 5000  # type: ignore[attr-defined]  # a FileResponse
        assert stranger.get(reverse(name, args=[agreement.pk])).status_code == 404


def upload(content: bytes) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("paper.pdf", content, "application/pdf")}


def test_number_and_file_are_genuine_and_name_nobody(school: Membership, agreement: Agreement) -> None:
    number = verification_number(agreement)
    pages = [
        Client().get(URL, {"number": number}),
        Client().post(URL, {"number": number.lower()}),
        Client().post(URL, upload(agreement_pdf(agreement))),
    ]
    for page in pages:
        assert page.status_code == 200
        assert "Genuine" in page.content.decode()
        assert agreement.number in page.content.decode()
        assert school.user.name not in page.content.decode()
        assert school.user.email not in page.content.decode()


def test_what_the_portal_did_not_issue_is_not_known(agreement: Agreement, school: Membership, firm: Membership) -> None:
    draft = make_draft(school, firm)
    pdf = agreement_pdf(agreement)
    answers = [
        Client().get(URL, {"number": number})
        for number in (agreement.number, f"{agreement.number}-000000000000", verification_number(draft), "\x00", "AG-")
    ]
    answers += [Client().post(URL, upload(content)) for content in (pdf.replace(b"/Count 2", b"/Count 3"),)]
    for answer in answers:
        assert answer.status_code == 200
        assert "Not known" in answer.content.decode()
        assert agreement.title not in answer.content.decode()
    assert Client().post(URL, {}).status_code == 422


def test_paper_of_an_agreement_that_ended_says_so(school: Membership, agreement: Agreement) -> None:
    pdf = agreement_pdf(agreement)
    agreement_terminate(actor_as(school), agreement_id=agreement.pk, reason="The line is closed.")
    page = Client().post(URL, upload(pdf)).content.decode()
    assert "Genuine" in page
    assert "terminated" in page


def check(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", str(folder / "verify.py"), str(folder), *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        env={"PYTHONUTF8": "1"},
    )


@pytest.fixture
def bundle(agreement: Agreement, tmp_path: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(agreement_bundle(agreement))) as file:
        file.extractall(tmp_path)
    return tmp_path


def test_bundle_verifies_without_the_portal(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    anchor = anchor_write(tmp_path_factory.mktemp("anchors"))
    done = check(bundle, "--anchor", str(anchor))
    assert (done.returncode, done.stderr) == (0, "")
    assert "is what was signed" in done.stdout
    assert len((bundle / "verify.py").read_text().splitlines()) <= 150


def _text(record: dict[str, Any]) -> None:
    record["document"]["content"] += "."


def _text_and_hash(record: dict[str, Any]) -> None:
    _text(record)
    record["content_hash"] = "0" * 64


def _signer(record: dict[str, Any]) -> None:
    record["chain"][1]["payload"]["membership"] = 1


def _less(record: dict[str, Any]) -> None:
    del record["chain"][1]


def _order(record: dict[str, Any]) -> None:
    record["chain"][1], record["chain"][2] = record["chain"][2], record["chain"][1]


def _state(record: dict[str, Any]) -> None:
    record["state"] = "terminated"


@pytest.mark.parametrize("tamper", [_text, _text_and_hash, _signer, _less, _order, _state])
def test_bundle_that_was_changed_does_not_verify(tamper: Any, bundle: Path) -> None:
    record = json.loads((bundle / "agreement.json").read_text())
    tamper(record)
    (bundle / "agreement.json").write_bytes(canonical(record))
    done = check(bundle)
    assert done.returncode == 1
    assert "NOT AS SIGNED" in done.stderr


def test_bundle_whose_end_was_cut_is_known_by_the_anchor(
    bundle: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    anchor = anchor_write(tmp_path_factory.mktemp("anchors"))
    record = json.loads((bundle / "agreement.json").read_text())
    record["chain"].pop()
    record["state"] = "awaiting_signatures"
    (bundle / "agreement.json").write_bytes(canonical(record))
    assert check(bundle).returncode == 0
    assert check(bundle, "--anchor", str(anchor)).returncode == 1


def test_bundle_with_another_pdf_does_not_verify(bundle: Path) -> None:
    (bundle / "agreement.pdf").write_bytes(b"%PDF-1.7 other")
    assert "not the one of this record" in check(bundle).stderr
