"""The roster of the demo: classes and students that the administrator of 太湖理工 took over, and a file that has errors."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from django.core.files.base import ContentFile
from stdnum.iso7064 import mod_11_2

from apps.core.actor import Actor
from apps.jobs.runs import run_here
from apps.universities.models import RosterImport
from apps.universities.services.imports import roster_import_check, roster_import_commit, roster_import_upload

from .stage import Stage

PROGRAMME, CLASS = "材料成型及控制工程", "成型2401"
HEAD = ("学号", "姓名", "电子邮箱", "专业", "班级", "入学年份", "身份证号")
NAMES = ("沈一鸣", "顾思远", "陆佳怡", "钱宇航", "𠮷晓峰", "吴雨桐")


def play(stage: Stage) -> None:
    keeper, year = stage.actor("zhou.min"), stage.today.year - 1
    classes = _file(("班级", "专业", "入学年份"), [(CLASS, PROGRAMME, str(year))])
    students = [_student(number, name, year) for number, name in enumerate(NAMES, 1)]
    _take_over(keeper, RosterImport.Kind.CLASSES, "班级.csv", classes)
    _take_over(keeper, RosterImport.Kind.STUDENTS, "学生名单.csv", _file(HEAD, students))
    wrong = [_student(7, "高子涵", year), (*_student(8, "唐若曦", year)[:-1], "320503050304512")]
    roster = roster_import_upload(
        keeper,
        kind=RosterImport.Kind.STUDENTS,
        file=ContentFile(_file(HEAD, wrong), "补录.csv"),
        file_name="补录.csv",
    )
    run_here(roster_import_check(keeper, import_id=roster.pk))


def _take_over(keeper: Actor, kind: str, name: str, data: bytes) -> None:
    roster = roster_import_upload(keeper, kind=kind, file=ContentFile(data, name), file_name=name)
    run_here(roster_import_check(keeper, import_id=roster.pk))
    run_here(roster_import_commit(keeper, import_id=roster.pk))


def _student(number: int, name: str, year: int) -> tuple[str, ...]:
    front = f"320503{year - 18}0{number}1{number}00{number}"
    identity = front + mod_11_2.calc_check_digit(front)
    return f"{year}9{number:05d}", name, f"student{number}@taihu.example", PROGRAMME, CLASS, str(year), identity


def _file(head: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([head, *rows])
    return text.getvalue().encode("gb18030")
