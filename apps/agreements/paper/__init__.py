"""Agreements on paper: a PDF file that can be checked, and a bundle that can be checked without the portal."""

from .bundle import agreement_bundle
from .pdf import version_pdf
from .seal import of_file, of_number, seal_in, verification_number

__all__ = ["agreement_bundle", "of_file", "of_number", "seal_in", "verification_number", "version_pdf"]
