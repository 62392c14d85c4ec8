"""What fills the blanks of a text beside names and days: numbers of days, and of an engagement teacher and fields."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from ..models import Mode, ModeTemplate
from ..terms import BLANK, Terms


def check_values(mode: Mode, terms: Terms) -> None:
    """``ValidationError`` for what cannot fill a blank, and for a business outside the field of the teacher who engages in it."""
    given = terms.values or {}
    for name, value in given.items():
        if name in ModeTemplate.VALUES:
            if not value.isascii() or not value.isdecimal() or len(value) > 4:
                raise ValidationError({name: _("Give a number of days.")})
        elif name not in ModeTemplate.WORDS:
            raise ValidationError({name: _("There is no such blank.")})
        elif len(value) > 100:
            raise ValidationError({name: _("This is too long: at most 100 characters.")})
    own, business = given.get("teacher_field", ""), given.get("business_field", "")
    if mode.words and own and business and _plain(own) != _plain(business):
        text = _("The business has to be in the teacher's own field: “%(field)s”.")
        raise ValidationError({"business_field": text % {"field": own}})


def word_gaps(mode: Mode, terms: Terms) -> dict[str, list[str]]:
    """What the mode asks to be named and is not filled yet (``values``), or stands in no clause (``clauses``)."""
    written = {blank for clause in terms.clauses for blank in BLANK.findall(clause.text)}
    found: dict[str, list[str]] = {}
    for name in mode.words:
        what = {"what": ModeTemplate.WORDS[name], "blank": f"{{{name}}}"}
        if not (terms.values or {}).get(name, "").strip():
            found.setdefault("values", []).append(_("This has to be filled: %(what)s.") % what)
        if name not in written:
            text = _("A clause has to name this: %(what)s. Write %(blank)s where it stands.")
            found.setdefault("clauses", []).append(text % what)
    return found


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()
