"""Identity numbers: folded, checked, masked, and found again without being known.

A resident identity number has 18 characters: six of the place, eight of the birthday, three of order, one check character
(ISO 7064 MOD 11-2).
"""

from __future__ import annotations

import re
from datetime import date
from unicodedata import normalize

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from stdnum.exceptions import ValidationError as BadNumber
from stdnum.iso7064 import mod_11_2

from apps.core.encryption import blind_index

RESIDENT = re.compile(r"[1-9]\d{16}[\dX]", re.ASCII)
PASSPORT = re.compile(r"[A-Z0-9]{5,20}", re.ASCII)
OTHER = re.compile(r"[A-Z0-9()/-]{4,30}", re.ASCII)
SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?E\+?\d+", re.ASCII)
FIRST_YEAR = 1900


def folded(text: str) -> str:
    """Full-width digits and letters as plain ones, x as X, without spaces and the apostrophe of a text cell."""
    return re.sub(r"[\s'’‘]", "", normalize("NFKC", text)).upper()


def resident_number(text: str) -> tuple[str, date]:
    """The folded resident identity number and the birthday in it; ``ValidationError`` says what is wrong."""
    number = folded(text)
    if SCIENTIFIC.fullmatch(number):
        raise ValidationError(
            _("The spreadsheet turned the number into a rounded one. Format the column as text and enter it again.")
        )
    if len(number) == 15 and number.isascii() and number.isdecimal():
        raise ValidationError(_("Numbers of 15 digits are not valid any more. Ask for the number of 18 digits."))
    if len(number) != 18:
        raise ValidationError(_("An identity number has 18 characters, this has %(count)d.") % {"count": len(number)})
    if not RESIDENT.fullmatch(number):
        raise ValidationError(_("An identity number has 17 digits and a digit or X at the end."))
    birthday = _birthday(number)
    try:
        mod_11_2.validate(number)
    except BadNumber as error:
        raise ValidationError(_("The check digit of the identity number is wrong.")) from error
    return number, birthday


def _birthday(number: str) -> date:
    try:
        birthday = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError as error:
        raise ValidationError(_("The identity number holds a birthday that does not exist.")) from error
    if birthday.year < FIRST_YEAR or birthday > timezone.localdate():
        raise ValidationError(_("The identity number holds a birthday that cannot be."))
    return birthday


def document_number(kind: str, text: str) -> str:
    """The folded number of a passport or another document; ``ValidationError`` when it cannot be one."""
    number = folded(text)
    if SCIENTIFIC.fullmatch(number):
        raise ValidationError(
            _("The spreadsheet turned the number into a rounded one. Format the column as text and enter it again.")
        )
    if not (PASSPORT if kind == "passport" else OTHER).fullmatch(number):
        raise ValidationError(_("This is not the number of such a document."))
    return number


def identity_index(number: str) -> str:
    """By which a folded number is found again."""
    return blind_index(number, purpose="identity")


def masked(number: str) -> str:
    """110***********1234; a short number shows its last two characters alone."""
    if len(number) < 12:
        return "*" * max(0, len(number) - 2) + number[-2:]
    return number[:3] + "*" * (len(number) - 7) + number[-4:]
