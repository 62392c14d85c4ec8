"""How long 1,000 tri-party agreements take in one act: `python -m benchmarks.tri_party [--students N] [--record]`.

Runs a database of its own. The job that makes and submits them runs twice, the second time with nothing left to do; every student
signs; then the host signs all of them in one job, and the university, which brings them into force.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from launcher.stack import running_stack

from .proof import make_signer

if TYPE_CHECKING:
    from apps.agreements.models import Agreement
    from apps.bases.models import Intake
    from apps.core.actor import Actor

GOAL_SECONDS = 600
DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
BEGIN, END = "<!-- tri-party: begin -->", "<!-- tri-party: end -->"


def make_framework(school: Actor, firm: Actor) -> Agreement:
    """A training base agreement in force."""
    from django.utils import timezone  # noqa: PLC0415  # the environment of the portal comes first

    from apps.agreements import services  # noqa: PLC0415

    today = timezone.localdate()
    agreement = services.agreement_draft(
        school,
        title="Training base",
        mode="training_base",
        starts_on=today,
        ends_on=today + timedelta(days=800),
        party_ids=[firm.organization_id],
    )
    services.agreement_submit(school, agreement_id=agreement.pk)
    sign(agreement, school, firm)
    agreement.refresh_from_db()
    return agreement


def sign(agreement: Agreement, *actors: Actor) -> None:
    from apps.agreements import services  # noqa: PLC0415
    from apps.agreements.models import AgreementVersion  # noqa: PLC0415
    from apps.agreements.policies import is_side_of  # noqa: PLC0415

    for actor in actors:
        version = AgreementVersion.objects.whole().get(agreement=agreement)
        party = next(one.party_id for one in version.circuit if is_side_of(actor, one.party))
        services.agreement_sign(actor, agreement_id=agreement.pk, content_hash=version.hash_for(party))


def make_intake(school: Actor, firm: Actor, students: int) -> Intake:
    """An intake with so many students whose placements are arranged."""
    from apps.accounts.models import User  # noqa: PLC0415
    from apps.applications.models import Application  # noqa: PLC0415
    from apps.bases.models import Base, Intake, Position  # noqa: PLC0415
    from apps.organizations.models import Membership, Region  # noqa: PLC0415
    from apps.placements.models import Placement  # noqa: PLC0415

    framework = make_framework(school, firm)
    starts_on = framework.starts_on + timedelta(days=30)
    days = {"starts_on": starts_on, "ends_on": starts_on + timedelta(days=180)}
    region, _made = Region.objects.get_or_create(
        code="320000", defaults={"name": "江苏省", "level": Region.Level.PROVINCE}
    )
    place = {"name": "Works", "address": "1 Quay", "kind": "off_campus", "region": region}
    base = Base.objects.create(agreement=framework, host_id=firm.organization_id, **place)
    opened = {"state": "open", "opened_at": framework.in_force_at}
    intake = Intake.objects.create(base=base, title="Autumn", closes_on=framework.starts_on, **days, **opened)
    position = Position.objects.create(intake=intake, title="Fitter", tasks="Fit", places=students, taken=students)
    people = User.objects.bulk_create(
        User(email=f"student{number}@benchmark.example", name=f"Student {number}") for number in range(students + 1)
    )
    members = [Membership(organization_id=school.organization_id, user=one, role="student") for one in people]
    members[-1].role = "tutor"
    *own, tutor = Membership.objects.bulk_create(members)
    sides = {"university_id": school.organization_id, "host_id": firm.organization_id, "position": position}
    accepted = {"statement": "I want to.", "state": "accepted", "decided_at": framework.in_force_at}
    applications = Application.objects.bulk_create(
        Application(**sides, **accepted, intake=intake, student=one) for one in own
    )
    Placement.objects.bulk_create(
        Placement(**sides, **days, base=base, application=one, student=one.student, academic_tutor=tutor)
        for one in applications
    )
    return intake


def timed(label: str, job: Any, count: int) -> list[str]:
    from apps.jobs.runs import run_here  # noqa: PLC0415

    start = time.perf_counter()
    done = run_here(job)
    seconds = time.perf_counter() - start
    if done.state != "done" or done.summary["problems"]:
        raise SystemExit(f"{label}: {done.message} {done.summary['problems'][:3]}")
    rows = done.summary.get("made", 0) + done.summary.get("present", 0) + done.summary.get("signed", 0)
    if rows != count:
        raise SystemExit(f"{label}: {rows} of {count}")
    print(f"{label}: {seconds:.0f} s", flush=True)
    return [label, f"{count:,}", f"{seconds:.0f}", "yes" if seconds <= GOAL_SECONDS else "no"]


def measure(students: int) -> list[list[str]]:
    from apps.agreements.models import Agreement, AgreementVersion  # noqa: PLC0415
    from apps.agreements.services import Evidence, agreements_sign_ask  # noqa: PLC0415
    from apps.organizations.principal import actor_for  # noqa: PLC0415
    from apps.placements.models import Placement  # noqa: PLC0415
    from apps.placements.services import placement_agreements_ask  # noqa: PLC0415

    school, firm = make_signer("university"), make_signer("enterprise")
    intake = make_intake(school, firm, students)
    lines = [
        timed(label, placement_agreements_ask(school, intake_id=intake.pk), students)
        for label in ("make and submit", "make and submit again")
    ]
    for placement in Placement.objects.select_related("agreement", "student"):
        student: Actor = replace(actor_for(placement.student.user_id, placement.student_id), confirmed=True)
        sign(placement.agreement, student)  # type: ignore[arg-type]  # the job has made it
    shown = dict(AgreementVersion.objects.filter(agreement__mode="placement").values_list("pk", "revision"))
    for label, actor in (("sign as the host", firm), ("sign as the university", school)):
        lines.append(timed(label, agreements_sign_ask(actor, shown=shown, evidence=Evidence()), students))
    if Agreement.objects.filter(mode="placement", state="in_force").count() != students:
        raise SystemExit("not all of them are in force")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tri_party")
    parser.add_argument("--students", type=int, default=1_000)
    parser.add_argument("--record", action="store_true", help="write the figures into docs/benchmarks.md")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, running_stack(place, processes=()) as stack:
        os.environ.update(stack.env)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collab_portal.settings")
        import django  # noqa: PLC0415

        django.setup()
        from benchmarks import report  # noqa: PLC0415

        load = f"load of the machine before: {os.getloadavg()[0]:.1f}"
        lines = measure(arguments.students)
        table = report.table(["act", "agreements", "seconds", f"met (≤ {GOAL_SECONDS} s)"], lines)
        figures = f"- {date.today():%Y-%m-%d}; {load}\n\n{table}"  # noqa: DTZ011  # a date for people
        print(f"\n{figures}")
        if arguments.record:
            text = DOCUMENT.read_text()
            before, rest = text.split(BEGIN)
            DOCUMENT.write_text(f"{before}{BEGIN}\n\n{figures}\n\n{END}{rest.split(END)[1]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
