"""How long a roster of 100,000 students takes, and how much memory: `python -m benchmarks.roster [--rows N] [--record]`.

Runs a portal of its own, as in production. Each file is checked with 1 % bad rows, then
checked without, taken over, and taken over once more.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from launcher.stack import Stack, running_stack

GOAL_SECONDS, GOAL_MB = 300, 400
HEAD = ["学号", "姓名", "电子邮箱", "专业", "班级", "入学年份", "身份证号", "出生日期"]
FAMILY, GIVEN = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗", "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞"
DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
BEGIN, END = "<!-- roster: begin -->", "<!-- roster: end -->"


def students(count: int, label: str, bad: bool) -> Iterator[list[Any]]:
    """Rows of students; of a hundred ``bad`` ones one has a wrong check digit."""
    from stdnum.iso7064 import mod_11_2  # noqa: PLC0415  # the environment of the portal comes first

    for number in range(count):
        birthday = date(2003, 1, 1) + timedelta(days=number // 1000)
        front = f"320500{birthday:%Y%m%d}{number % 1000:03d}"
        digit = mod_11_2.calc_check_digit(front)
        if bad and number % 100 == 50:
            digit = "1" if digit != "1" else "2"
        name = FAMILY[number % 20] + GIVEN[number // 20 % 20] + GIVEN[number // 400 % 20]
        yield [
            f"2024{number:08d}",
            name,
            f"{label}{number}@campus.example",
            f"专业{number % 60}",
            f"班级{number % 2400}",
            "2024",
            front + digit,
            birthday.isoformat(),
        ]


def csv_file(rows: Iterator[list[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([HEAD, *rows])
    return text.getvalue().encode("gb18030")


def xlsx_bytes(rows: Iterator[list[Any]]) -> bytes:
    from apps.core.exports import xlsx_file  # noqa: PLC0415

    with xlsx_file("students", HEAD, rows) as file:
        return file.read()


class Worker:
    """The processes of the stack's worker, and the most memory that one of them used."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.main = stack.pid("worker")

    def pids(self) -> list[int]:
        children = Path(f"/proc/{self.main}/task/{self.main}/children").read_text().split()
        return [self.main, *map(int, children)]

    def forget(self) -> None:
        for pid in self.pids():
            Path(f"/proc/{pid}/clear_refs").write_text("5")

    def peak_mb(self) -> float:
        return max(self._peak(pid) for pid in self.pids()) / 1024

    def _peak(self, pid: int) -> int:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def make_keeper(label: str) -> Any:
    """The actor of an administrator of a new university."""
    from apps.accounts.models import User  # noqa: PLC0415
    from apps.core.actor import Actor  # noqa: PLC0415
    from apps.organizations.principal import actor_for  # noqa: PLC0415
    from apps.organizations.services import membership_start, organization_create  # noqa: PLC0415

    system = Actor.system("benchmarks")
    university = organization_create(system, kind="university", code=f"R{label}", name=f"Roster {label}")
    person = User.objects.create_user(f"keeper-{label}@benchmark.example", None, name="Keeper")
    member = membership_start(system, organization_id=university.pk, user_id=person.pk, role="administrator")
    return actor_for(person.pk, member.pk)


def upload(actor: Any, name: str, data: bytes) -> Any:
    from django.core.files.base import ContentFile  # noqa: PLC0415

    from apps.universities.services.imports import roster_import_revise, roster_import_upload  # noqa: PLC0415

    roster = roster_import_upload(actor, kind="students", file=ContentFile(data, name), file_name=name)
    return roster_import_revise(
        actor,
        import_id=roster.pk,
        mapping=roster.mapping,
        encoding=roster.encoding,
        delimiter=roster.delimiter,
        sheet=roster.sheet,
        create_missing=True,
    )


def run(worker: Worker, job: Any) -> tuple[float, float]:
    """Seconds from its start to its end, and the worker's peak in MB; the worker does it by itself."""
    worker.forget()
    while not job.is_finished:
        time.sleep(0.5)
        job.refresh_from_db()
    if job.state != "done":
        raise SystemExit(f"{job.title}: {job.state}: {job.message}\n{worker.stack.log('worker')[-2000:]}")
    return (job.finished_at - job.started_at).total_seconds(), worker.peak_mb()


def measure(worker: Worker, count: int) -> list[list[str]]:
    from apps.universities.services.imports import roster_import_check, roster_import_commit  # noqa: PLC0415

    lines = []
    for label, write in (("csv", csv_file), ("xlsx", xlsx_bytes)):
        actor = make_keeper(label)
        bad = upload(actor, f"bad.{label}", write(students(count, label, bad=True)))
        clean = write(students(count, label, bad=False))
        first, again = (upload(actor, f"clean.{label}", clean) for _turn in range(2))
        for name, ask, roster in (
            ("check, 1 % bad", roster_import_check, bad),
            ("check", roster_import_check, first),
            ("take over", roster_import_commit, first),
            ("check again", roster_import_check, again),
            ("take over again", roster_import_commit, again),
        ):
            job = ask(actor, import_id=roster.pk)
            seconds, megabytes = run(worker, job)
            found = {key: job.summary.get(key, 0) for key in ("errors", "created", "changed", "unchanged")}
            met = "yes" if seconds <= GOAL_SECONDS and megabytes <= GOAL_MB else "no"
            said = ", ".join(f"{number:,} {key}" for key, number in found.items() if number)
            line = [label.upper(), name, f"{count:,}", said, f"{seconds:.0f}", f"{megabytes:.0f}", met]
            print(" | ".join(line), flush=True)
            lines.append(line)
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.roster")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--record", action="store_true", help="write the figures into docs/benchmarks.md")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, running_stack(place, processes=("worker", "beat")) as stack:
        os.environ.update(stack.env)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collab_portal.settings")
        import django  # noqa: PLC0415

        django.setup()
        from benchmarks import report  # noqa: PLC0415

        load = f"load of the machine before: {os.getloadavg()[0]:.1f}"
        lines = measure(Worker(stack), arguments.rows)
        head = ["file", "step", "rows", "result", "seconds", "peak MB", f"met (≤ {GOAL_SECONDS} s, ≤ {GOAL_MB} MB)"]
        figures = f"- {date.today():%Y-%m-%d}; {load}\n\n{report.table(head, lines)}"  # noqa: DTZ011  # a date for people
        print(f"\n{figures}")
        if arguments.record:
            text = DOCUMENT.read_text()
            before, rest = text.split(BEGIN)
            DOCUMENT.write_text(f"{before}{BEGIN}\n\n{figures}\n\n{END}{rest.split(END)[1]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
