"""Which columns an import knows, and by which headings it recognizes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from unicodedata import normalize

from django.utils.translation import gettext_lazy as _

from ..models import RosterImport

Kind = RosterImport.Kind


@dataclass(frozen=True, slots=True)
class Column:
    """A field of the roster; ``headings`` are folded (see ``fold``)."""

    name: str
    label: Any
    headings: frozenset[str]
    required: bool = False


def fold(heading: str) -> str:
    """A heading without case, width, spaces and what stands in brackets."""
    text = re.sub(r"[(（\[【].*?[)）\]】]", "", normalize("NFKC", heading))
    return re.sub(r"[\s_*:：\-/]+", "", text).casefold()


def _column(name: str, label: Any, headings: str, *, required: bool = False) -> Column:
    return Column(name, label, frozenset(fold(heading) for heading in headings.split("|")), required)


_NAME = "姓名|学生姓名|教师姓名|name|full name|student name|teacher name"
_EMAIL = "电子邮箱|邮箱|电子邮件|邮件地址|email|e-mail|mail|email address"
_PROGRAMME = "专业|专业名称|所学专业|programme|program|major|programme name"
_YEAR = "入学年份|入学年度|年级|入学年|entry year|year of entry|year|enrolment year|enrollment year"
_CLASS = "班级|班级名称|行政班|所在班级|class|class name"
_CODE = "专业代码|代码|code|programme code|program code|major code"

COLUMNS: dict[str, tuple[Column, ...]] = {
    Kind.STUDENTS: (
        _column("number", _("Student number"), "学号|学生学号|student number|student no|student id", required=True),
        _column("name", _("Name"), _NAME, required=True),
        _column("email", _("E-mail"), _EMAIL),
        _column("programme", _("Programme"), f"{_PROGRAMME}|{_CODE}", required=True),
        _column("school_class", _("Class"), _CLASS),
        _column("entry_year", _("Year of entry"), _YEAR, required=True),
        _column(
            "identity",
            _("Identity number"),
            "身份证号|身份证号码|身份证|证件号码|证件号|identity number|id number|id card",
        ),
        _column("identity_kind", _("Kind of document"), "证件类型|身份证件类型|document type|kind of document|id type"),
        _column("birth_date", _("Date of birth"), "出生日期|出生年月日|生日|date of birth|birth date|birthday"),
    ),
    Kind.TEACHERS: (
        _column(
            "number", _("Staff number"), "工号|教工号|职工号|教师工号|staff number|staff no|staff id", required=True
        ),
        _column("name", _("Name"), _NAME, required=True),
        _column("email", _("E-mail"), _EMAIL),
        _column("unit", _("Unit"), "院系|学院|系部|部门|所在院系|所属部门|unit|department|school|faculty"),
        _column("title", _("Title"), "职称|职务|专业技术职务|title|academic title"),
    ),
    Kind.PROGRAMMES: (
        _column("name", _("Name"), f"{_PROGRAMME}|名称|name", required=True),
        _column("code", _("Code"), _CODE),
        _column("name_en", _("Name in English"), "英文名称|专业英文名称|name in english|english name|name en"),
    ),
    Kind.CLASSES: (
        _column("name", _("Class"), f"{_CLASS}|名称|name", required=True),
        _column("programme", _("Programme"), f"{_PROGRAMME}|{_CODE}", required=True),
        _column("entry_year", _("Year of entry"), _YEAR, required=True),
    ),
}


def guess(kind: str, header: Iterable[str], remembered: Mapping[str, str]) -> dict[str, str]:
    """The heading for each field, as the university mapped it last time or as it is usually called."""
    headings = [heading for heading in header if heading]
    mapping: dict[str, str] = {}
    for column in COLUMNS[kind]:
        before = remembered.get(column.name)
        if before in headings:
            mapping[column.name] = before
            continue
        for heading in headings:
            if heading not in mapping.values() and fold(heading) in column.headings:
                mapping[column.name] = heading
                break
    return mapping


def missing(kind: str, mapping: Mapping[str, str], *, mail_domain: str) -> list[Column]:
    """The fields that need a column and have none."""
    needed = [column for column in COLUMNS[kind] if column.required and column.name not in mapping]
    if kind in {Kind.STUDENTS, Kind.TEACHERS} and not mail_domain and "email" not in mapping:
        needed += [column for column in COLUMNS[kind] if column.name == "email"]
    return needed
