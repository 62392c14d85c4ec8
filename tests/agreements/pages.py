"""How tests use the pages of an agreement."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from apps.agreements.models import Agreement

PDF = (
    b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\n"
    b"endobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
)


def at(name: str, pk: int) -> str:
    return reverse(f"agreements:{name}", args=[pk])


def read(browser: Any, name: str, pk: int) -> str:
    response = browser.get(at(name, pk))
    assert response.status_code == 200
    return str(response.content.decode())


def sign_in_page(browser: Any, agreement: Agreement) -> Any:
    """Open the page, tick, sign."""
    page = browser.get(at("agreement_sign", agreement.pk))
    data = {"content_hash": page.context["form"]["content_hash"].value(), "agree": "on"}
    return browser.post(at("agreement_sign", agreement.pk), data)


def scan() -> SimpleUploadedFile:
    return SimpleUploadedFile("scan.pdf", PDF, "application/pdf")
