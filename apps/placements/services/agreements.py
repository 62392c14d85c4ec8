"""Tri-party agreements of placements: made for one placement, or for all of an intake in a job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.agreements.models import Agreement, ClauseKey, Mode, Obligation
from apps.agreements.services import agreement_draft, agreement_submit, new_duty_key, version_revise
from apps.agreements.terms import Clause, Duty
from apps.applications.models import Application
from apps.bases.models import Intake
from apps.core.actor import Actor
from apps.core.errors import DomainError, WrongState
from apps.core.services import fetch, fetch_locked, save_valid, service
from apps.jobs.models import JobRun
from apps.jobs.services import job_start

from ..models import Placement, PlacementQuerySet
from ..policies import can_make_agreement, can_make_agreements

MODE = "placement"
KIND = "placement_agreements"
RIGHT = "manage_agreements"
OPEN = (Agreement.State.DRAFT, Agreement.State.AWAITING_SIGNATURES, *Agreement.STANDING)


@dataclass(slots=True)
class Made:
    """What came of an intake; ``skipped``: placement, student, and why there is no agreement."""

    made: int = 0
    present: int = 0
    skipped: list[tuple[int, str, str]] = field(default_factory=list)


@service
def placement_agreement_draft(actor: Actor, *, placement_id: int, not_before: date | None = None) -> Agreement:
    """A draft of the tri-party agreement of a placement, under the agreement of its base.

    Filled from the placement: university, host and student as parties, the guardian beside a minor, days, place, work and
    tutors, what host and university owe. It begins with the placement, but not before ``not_before`` (today): nothing is dated
    back. ``WrongState`` once the placement has ended; ``ValidationError`` when the agreement of the base allows none. A repeat
    returns the agreement that is there, unless that one came to nothing or has ended.
    """
    rows = Placement.objects.visible_to(actor).with_names().select_related("base__agreement", "agreement")
    placement = fetch_locked(rows, pk=placement_id)
    can_make_agreement(actor, placement).require()
    if placement.agreement is not None and placement.agreement.state in OPEN:
        return placement.agreement
    if placement.state not in Placement.UNDER_WAY:
        raise WrongState(_("The placement has ended: no agreement is made for it any more."))
    starts_on = max(placement.starts_on, not_before or timezone.localdate())
    agreement = agreement_draft(
        actor,
        title=_title(placement),
        mode=MODE,
        starts_on=starts_on,
        ends_on=placement.ends_on,
        party_ids=[placement.university_id, placement.host_id],
        student_ids=[placement.student_id],
        clauses=_clauses(placement),
        framework_id=placement.base.agreement_id,
        sign_until=starts_on,
    )
    version = agreement.versions.get()
    parties = {row.organization_id: row.pk for row in agreement.parties.all()}
    version_revise(actor, version_id=version.pk, expected_revision=None, duties=_duties(placement, parties))
    placement.agreement = agreement
    save_valid(placement)
    return agreement


@service
def placement_agreements_ask(actor: Actor, *, intake_id: int, not_before: date | None = None) -> JobRun:
    """Ask for the tri-party agreements of the own students of an intake: made and shown to all parties for signature, as a job.

    ``WrongState`` when no student has a placement there yet. A repeat, while the job is at work, returns it.
    """
    can_make_agreements(actor).require()
    intake = fetch(Intake.objects.visible_to(actor), pk=intake_id)
    if not of_intake(actor, intake.pk).exists():
        raise WrongState(_("Arrange placements first: the agreements are filled from them."))
    params = {"intake": intake.pk, "not_before": not_before.isoformat() if not_before else ""}
    present = JobRun.objects.visible_to(actor).unfinished().filter(kind=KIND, params=params).first()
    return present or job_start(
        actor,
        kind=KIND,
        title=_("Tri-party agreements: %(intake)s") % {"intake": intake.title},
        params=params,
        back_url=reverse("placements:intake_agreements", args=[intake.pk]),
        permission=RIGHT,
    )


def of_intake(actor: Actor, intake_id: int) -> PlacementQuerySet:
    """The placements under way of the actor's own students at an intake."""
    rows = Placement.objects.visible_to(actor).filter(university_id=actor.organization_id)
    return rows.filter(application__intake_id=intake_id, state__in=Placement.UNDER_WAY)


def without_placement(actor: Actor, intake_id: int) -> QuerySet[Application]:
    """Accepted applications of the actor's own students at an intake, for whom no placement is arranged yet."""
    rows = Application.objects.visible_to(actor).filter(university_id=actor.organization_id, intake_id=intake_id)
    return rows.filter(state=Application.State.ACCEPTED, placement=None)


def intake_agreements_make(
    actor: Actor, *, intake_id: int, not_before: date | None, step: Callable[[int, int], None]
) -> Made:
    """For each placement of an intake: its agreement is drafted and submitted, or it is said why not. The rest goes on."""
    found = Made()
    rows = of_intake(actor, intake_id).order_by("pk").values_list("pk", "student__user__name", "agreement__state")
    todo = list(rows)
    for done, (pk, student, state) in enumerate(todo):
        step(done, len(todo))
        if state in OPEN and state != Agreement.State.DRAFT:
            found.present += 1
            continue
        try:
            with transaction.atomic():
                agreement = placement_agreement_draft(actor, placement_id=pk, not_before=not_before)
                agreement_submit(actor, agreement_id=agreement.pk)
        except DomainError as error:
            found.skipped.append((pk, student, str(error.reason or error.title)))
        except ValidationError as error:
            found.skipped.append((pk, student, " ".join(error.messages)))
        else:
            found.made += 1
    for pk, student in without_placement(actor, intake_id).order_by("pk").values_list("pk", "student__user__name"):
        found.skipped.append((pk, student, _("The application is accepted, but no placement is arranged yet.")))
    step(len(todo), len(todo))
    return found


def _title(placement: Placement) -> str:
    names = {"student": placement.student.user.name[:60], "base": str(placement.base)[:60]}
    return (_("Placement of %(student)s at %(base)s") % names)[:150]


def _clauses(placement: Placement) -> list[Clause]:
    """The text of the mode in the active language; what the placement is stands in the clause on its scope."""
    template = fetch(Mode.objects.all(), pk=MODE).templates.first()
    rows = template.clauses_in(get_language() or "") if template else []
    clauses = [Clause(row["key"], row["heading"], row["text"]) for row in rows]
    return [
        Clause(one.key, one.heading, f"{one.text}\n\n{_particulars(placement)}") if one.key == ClauseKey.SCOPE else one
        for one in clauses
    ]


def _particulars(placement: Placement) -> str:
    base, position = placement.base, placement.position
    lines = [
        (_("Place"), f"{base}, {base.address}"),
        (_("Post"), position.title),
        (_("Work"), position.tasks),
        (_("Academic tutor"), placement.academic_tutor.user.name),
        (_("Enterprise tutor"), placement.enterprise_tutor.user.name if placement.enterprise_tutor else ""),
    ]
    text = "\n".join(f"{label}: {value}" for label, value in lines if value)
    # A brace would be read as a blank to be filled.
    return text.replace("{", "(").replace("}", ")")


def _duties(placement: Placement, parties: dict[int | None, int]) -> tuple[Duty, ...]:
    """A place from the host, a tutor's visit each month from the university; due when the placement ends."""
    months = max(1, round((placement.ends_on - placement.starts_on).days / 30))
    owed = [
        (placement.host_id, Obligation.Kind.PLACES, placement.position.title[:200], 1, _("place")),
        (
            placement.university_id,
            Obligation.Kind.OTHER,
            _("The academic tutor visits the student at the base"),
            months,
            _("visits"),
        ),
    ]
    return tuple(
        Duty(new_duty_key(), parties[organization], kind, text, Decimal(quantity), unit, placement.ends_on)
        for organization, kind, text, quantity, unit in owed
    )
