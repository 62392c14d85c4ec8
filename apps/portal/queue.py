"""What waits for a person: the home page, in the browser and over REST.

One function a kind of waiting, each one statement. Sorted by what breaks first.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from apps.agreements.models import Agreement, AgreementVersion, Signature
from apps.applications.models import Application
from apps.bases.models import Intake
from apps.core.actor import Actor
from apps.evaluations.models import Evaluation
from apps.jobs.models import JobRun, OutboxMessage
from apps.organizations.models import Invitation, Membership, Organization, Registration, Role
from apps.organizations.policies import decides_registrations
from apps.placements.models import Journal, JournalAnswer, Placement, ProgressLog, Relocation

from .guardians import students_without_guardian
from .items import SHOWN, Item, Source, few

SILENT_AFTER = timedelta(days=7)
_TONES = ("danger", "warning", "info", "neutral")


def queue_of(actor: Actor) -> list[Item]:
    """Everything that waits for the actor, most urgent first; at most ``SHOWN`` of a kind and a line for the rest."""
    today = timezone.localdate()
    items = [item for source in _sources(actor) for item in source(actor, today)]
    return sorted(items, key=lambda item: (_TONES.index(item.tone), item.due or date.max))


def _sources(actor: Actor) -> list[Source]:
    staff: list[Source] = [failed_jobs, given_up_messages] if actor.is_staff else []
    if not actor.is_member:
        return [registrations_to_decide, *staff] if staff else [invitations_to_accept, registrations_under_way]
    return [*staff, *([registrations_to_decide] if decides_registrations(actor) else []), *_member_sources(actor)]


def _member_sources(actor: Actor) -> list[Source]:
    if actor.role == Role.STUDENT:
        return [agreements_to_sign, journals_to_write, intakes_to_apply_to]
    if actor.role == Role.TUTOR:
        if actor.organization_kind == Organization.Kind.UNIVERSITY:
            return [sheets_to_score, journals_to_answer, silent_placements]
        return [days_to_log, sheets_to_score, journals_to_answer]
    sources: list[Source] = [agreements_to_sign] if actor.may("sign_agreements") else []
    if actor.may("manage_agreements"):
        sources += [agreements_to_submit, papers_to_confirm, agreements_expiring]
    if actor.may("manage_bases"):
        sources += [intakes_to_open]
    if actor.may("review_applications"):
        sources += [applications_to_decide]
    if actor.may("manage_placements"):
        sources += [placements_to_prepare]
        if actor.organization_kind == Organization.Kind.UNIVERSITY:
            sources += [students_to_relocate, placements_to_arrange, silent_placements, guardians_missing]
    return sources


def agreements_to_sign(actor: Actor, today: date) -> Iterator[Item]:
    def make(version: AgreementVersion) -> Item:
        return Item(
            title=_("Sign the agreement “%(title)s”") % {"title": version.agreement.title},
            meta=str(version.drafted_by)
            if version.kind == AgreementVersion.Kind.ORIGINAL
            else f"{version.get_kind_display()} · {version.drafted_by}",
            url=reverse("agreements:agreement_sign", args=[version.agreement_id]),
            action=_("Read and sign"),
            icon="signature",
            tone="warning",
            due=version.sign_until,
            since=version.submitted_at,
        )

    rows = AgreementVersion.objects.visible_to(actor).asked_of(actor)
    names = rows.select_related("drafted_by", "agreement")
    several = "agreements:sign_many" if actor.may("sign_agreements") else "agreements:agreement_list"
    yield from few(names.order_by("sign_until", "pk"), make, several)


def agreements_to_submit(actor: Actor, today: date) -> Iterator[Item]:
    def make(version: AgreementVersion) -> Item:
        sent_back = bool(version.reason)
        return Item(
            title=(_("Change “%(title)s”: it came back") if sent_back else _("Finish the draft “%(title)s”"))
            % {"title": version.agreement.title},
            meta=version.reason if sent_back else str(version.agreement.mode),
            url=reverse("agreements:agreement_detail", args=[version.agreement_id]),
            action=_("Open the draft"),
            icon="pencil",
            tone="warning" if sent_back else "neutral",
            since=version.created_at,
        )

    rows = AgreementVersion.objects.visible_to(actor).filter(
        state=AgreementVersion.State.DRAFT, drafted_by_id=actor.organization_id
    )
    yield from few(rows.select_related("agreement__mode").order_by("pk"), make, "agreements:agreement_list")


def papers_to_confirm(actor: Actor, today: date) -> Iterator[Item]:
    """What another party has recorded as signed on paper."""

    def make(signature: Signature) -> Item:
        version = signature.signer.version
        return Item(
            title=_("Confirm what was signed on paper: “%(title)s”") % {"title": version.agreement.title},
            meta=signature.name,
            url=reverse("agreements:agreement_detail", args=[version.agreement_id]),
            action=_("Look at the scan"),
            icon="file-check",
            tone="warning",
            due=version.sign_until,
            since=signature.signed_at,
        )

    home = Coalesce("signer__party__student__organization", "signer__party__organization")
    recorded_by = F("scan__added_by__organization")
    rows = (
        Signature.objects.alias(home=home)
        .filter(
            Q(home=actor.organization_id) | Q(home=recorded_by),
            method=Signature.Method.PAPER,
            confirmed_at=None,
            voided_at=None,
            signer__removed_at=None,
            signer__version__in=AgreementVersion.objects.visible_to(actor).filter(
                state=AgreementVersion.State.AWAITING_SIGNATURES
            ),
        )
        .exclude(scan__added_by__organization=actor.organization_id)
    )
    names = rows.select_related("signer__version__agreement")
    yield from few(names.order_by("signed_at"), make, "agreements:agreement_list")


def agreements_expiring(actor: Actor, today: date) -> Iterator[Item]:
    """Not those of single placements, which end with them."""

    def make(agreement: Agreement) -> Item:
        return Item(
            title=_("The agreement “%(title)s” ends soon") % {"title": agreement.title},
            meta=agreement.number,
            url=reverse("agreements:agreement_detail", args=[agreement.pk]),
            action=pgettext("look at", "Open"),
            icon="calendar-due",
            tone="warning",
            due=agreement.ends_on,
        )

    rows = (
        Agreement.objects.visible_to(actor)
        .with_party(actor.organization_id)
        .filter(state=Agreement.State.IN_FORCE, last_day=None, ends_on__range=(today, today + Agreement.ENDS_SOON))
        .exclude(mode__opens__contains=["start"])
    )
    yield from few(rows.order_by("ends_on"), make, "agreements:agreement_list")


def intakes_to_open(actor: Actor, today: date) -> Iterator[Item]:
    def make(intake: Intake) -> Item:
        return Item(
            title=_("Open the intake “%(title)s”") % {"title": intake.title},
            meta=str(intake.base),
            url=reverse("bases:intake_detail", args=[intake.pk]),
            action=_("Open the draft"),
            icon="door-enter",
            due=intake.closes_on,
        )

    rows = Intake.objects.visible_to(actor).filter(
        state=Intake.State.DRAFT, base__host_id=actor.organization_id, closes_on__gte=today
    )
    yield from few(rows.select_related("base").order_by("closes_on"), make, "bases:intake_list")


def applications_to_decide(actor: Actor, today: date) -> Iterator[Item]:
    def make(application: Application) -> Item:
        return Item(
            title=_("%(student)s asks for a place") % {"student": application.student.user.name},
            meta=f"{application.position.title} · {application.intake.base}",
            url=reverse("applications:application_detail", args=[application.pk]),
            action=_("Decide"),
            icon="send",
            tone="warning",
            since=application.submitted_at,
        )

    rows = Application.objects.visible_to(actor).filter(
        state=Application.State.SUBMITTED, host_id=actor.organization_id
    )
    names = rows.select_related("student__user", "position", "intake__base")
    yield from few(names.order_by("submitted_at"), make, "applications:application_list")


def placements_to_arrange(actor: Actor, today: date) -> Iterator[Item]:
    def make(application: Application) -> Item:
        return Item(
            title=_("Arrange the placement of %(student)s") % {"student": application.student.user.name},
            meta=f"{application.position.title} · {application.intake.base}",
            url=reverse("placements:placement_arrange", args=[application.pk]),
            action=_("Name the academic tutor"),
            icon="user-plus",
            tone="danger" if application.intake.starts_on <= today else "warning",
            due=application.intake.starts_on,
        )

    rows = Application.objects.visible_to(actor).filter(
        state=Application.State.ACCEPTED, placement=None, university_id=actor.organization_id
    )
    names = rows.select_related("student__user", "position", "intake__base")
    yield from few(names.order_by("decided_at"), make, "applications:application_list")


def students_to_relocate(actor: Actor, today: date) -> Iterator[Item]:
    """One line an agreement that ends before the work of its students."""
    rows = Relocation.objects.open().filter(university_id=actor.organization_id)
    counted = rows.values("agreement").annotate(number=models.Count("pk"), since=models.Min("found_at"))
    ends = models.functions.Coalesce("agreement__last_day", "agreement__ends_on")
    for found in counted.annotate(ends=ends, title=models.F("agreement__title")).order_by("ends")[:SHOWN]:
        text = ngettext("%(count)d student needs another base", "%(count)d students need another base", found["number"])
        yield Item(
            title=text % {"count": found["number"]},
            meta=_("The agreement “%(title)s” ends") % {"title": found["title"]},
            url=f"{reverse('placements:relocation_list')}?settled=false&agreement={found['agreement']}",
            action=_("Find places"),
            icon="building-community",
            tone="danger",
            due=found["ends"],
            since=found["since"],
        )


def guardians_missing(actor: Actor, today: date) -> Iterator[Item]:
    def make(student: Membership) -> Item:
        return Item(
            title=_("Register the guardian of %(student)s") % {"student": student.user.name},
            meta=_("Under 18, and nobody has answered for this student yet"),
            url=reverse("privacy:guardian_list", args=[student.user_id]),
            action=_("See the guardians"),
            icon="users",
            tone="warning",
        )

    yield from few(students_without_guardian(actor, today), make, "organizations:member_list")


def placements_to_prepare(actor: Actor, today: date) -> Iterator[Item]:
    """The host names its tutor; then either side starts the placement."""
    is_host = actor.organization_kind != Organization.Kind.UNIVERSITY

    def make(placement: Placement) -> Item:
        student = {"student": placement.student.user.name}
        ready = placement.has_both_tutors()
        return Item(
            title=_("Start the placement of %(student)s") % student
            if ready
            else _("Name the enterprise tutor of %(student)s") % student,
            meta=f"{placement.position.title} · {placement.base}",
            url=reverse("placements:placement_detail", args=[placement.pk])
            if ready
            else reverse("placements:placement_tutor", args=[placement.pk]),
            action=pgettext("look at", "Open") if ready else _("Name the tutor"),
            icon="player-play" if ready else "user-plus",
            tone="danger" if placement.starts_on <= today else "warning",
            due=placement.starts_on,
        )

    rows = Placement.objects.visible_to(actor).filter(state=Placement.State.PREPARING)
    if not is_host:
        rows = rows.exclude(enterprise_tutor=None)
    names = rows.select_related("student__user", "position", "base")
    yield from few(names.order_by("starts_on"), make, "placements:placement_list")


def silent_placements(actor: Actor, today: date) -> Iterator[Item]:
    def make(placement: Placement) -> Item:
        return Item(
            title=_("No news of %(student)s for a week") % {"student": placement.student.user.name},
            meta=f"{placement.base} · {placement.host}",
            url=reverse("placements:placement_detail", args=[placement.pk]),
            action=_("Look"),
            icon="alert-triangle",
            tone="danger",
        )

    recent = ProgressLog.objects.filter(placement=OuterRef("pk"), worked_on__gt=today - SILENT_AFTER)
    rows = (
        Placement.objects.visible_to(actor)
        .active()
        .filter(~Exists(recent), starts_on__lte=today - SILENT_AFTER, ends_on__gte=today)
        .select_related("student__user", "base", "host")
    )
    yield from few(rows.order_by("pk"), make, "placements:placement_list")


def days_to_log(actor: Actor, today: date) -> Iterator[Item]:
    def make(placement: Placement) -> Item:
        return Item(
            title=_("Log the day of %(student)s") % {"student": placement.student.user.name},
            meta=placement.position.title,
            url=reverse("placements:log_create", args=[placement.pk]),
            action=_("Log today"),
            icon="clipboard-check",
            tone="warning",
            due=today,
        )

    logged = ProgressLog.objects.filter(placement=OuterRef("pk"), worked_on=today)
    rows = (
        Placement.objects.visible_to(actor)
        .active()
        .filter(~Exists(logged), starts_on__lte=today, ends_on__gte=today)
        .select_related("student__user", "position")
    )
    yield from few(rows.order_by("pk"), make, "placements:log_list")


def sheets_to_score(actor: Actor, today: date) -> Iterator[Item]:
    def make(sheet: Evaluation) -> Item:
        closes_on = sheet.round.closes_on
        return Item(
            title=_("Score %(student)s") % {"student": sheet.placement.student.user.name},
            meta=sheet.round.plan.scheme.title,
            url=reverse("evaluations:evaluation_submit", args=[sheet.pk]),
            action=_("Give the scores"),
            icon="clipboard-list",
            tone="danger" if closes_on <= today + timedelta(days=1) else "warning",
            due=closes_on,
        )

    rows = Evaluation.objects.visible_to(actor).pending()
    names = rows.select_related("placement__student__user", "round__plan__scheme")
    yield from few(names.order_by("round__closes_on", "pk"), make, "evaluations:evaluation_list")


def journals_to_answer(actor: Actor, today: date) -> Iterator[Item]:
    def make(journal: Journal) -> Item:
        return Item(
            title=_("Answer the journal of %(student)s") % {"student": journal.placement.student.user.name},
            meta=_("Week of %(day)s") % {"day": journal.week_of.isoformat()},
            url=reverse("placements:journal_detail", args=[journal.pk]),
            action=_("Read and answer"),
            icon="notebook",
            tone="info",
            since=journal.submitted_at,
        )

    answered = JournalAnswer.objects.filter(journal=OuterRef("pk"), tutor_id=actor.membership_id)
    rows = Journal.objects.visible_to(actor).filter(~Exists(answered), placement__state=Placement.State.ACTIVE)
    names = rows.select_related("placement__student__user")
    yield from few(names.order_by("submitted_at"), make, "placements:journal_list")


def journals_to_write(actor: Actor, today: date) -> Iterator[Item]:
    """The journal of this week, and of last week while it is missing."""
    this_week = today - timedelta(days=today.weekday())

    def make(placement: Placement, week: date) -> Item:
        late = week < this_week
        return Item(
            title=_("Write last week's journal") if late else _("Write this week's journal"),
            meta=str(placement.base),
            url=f"{reverse('placements:journal_create', args=[placement.pk])}?week_of={week.isoformat()}",
            action=_("Write"),
            icon="notebook",
            tone="danger" if late else "warning",
            due=week + timedelta(days=6),
        )

    weeks = [this_week - timedelta(days=7), this_week]
    rows = Placement.objects.visible_to(actor).active().select_related("base")
    for number, week in enumerate(weeks):
        written = Journal.objects.filter(placement=OuterRef("pk"), week_of=week)
        rows = rows.annotate(**{f"written_{number}": Exists(written)})
    for placement in rows[:SHOWN]:
        for number, week in enumerate(weeks):
            covers = placement.starts_on <= week + timedelta(days=6) and placement.ends_on >= week
            if covers and not getattr(placement, f"written_{number}"):
                yield make(placement, week)


def intakes_to_apply_to(actor: Actor, today: date) -> Iterator[Item]:
    """One line while the student has neither a live application nor a placement."""
    own = Application.objects.live().filter(student_id=actor.membership_id)
    rows = Intake.objects.visible_to(actor).taking_applications(today).filter(~Exists(own))
    figures = rows.aggregate(count=models.Count("pk"), first=models.Min("closes_on"))
    if figures["count"]:
        yield Item(
            title=ngettext(
                "%(count)d intake takes applications", "%(count)d intakes take applications", figures["count"]
            )
            % {"count": figures["count"]},
            meta=_("Choose a position and apply"),
            url=reverse("bases:intake_list"),
            action=_("See the positions"),
            icon="door-enter",
            tone="info",
            due=figures["first"],
        )


def invitations_to_accept(actor: Actor, today: date) -> Iterator[Item]:
    def make(invitation: Invitation) -> Item:
        is_member = invitation.purpose == Invitation.Purpose.MEMBER
        register = f"{reverse('organizations:registration_create')}?invitation={invitation.pk}"
        return Item(
            title=_("%(organization)s invites you") % {"organization": invitation.organization},
            meta=invitation.get_role_display() if is_member else invitation.get_purpose_display(),
            url=reverse("organizations:invitation_accept", args=[invitation.pk]) if is_member else register,
            action=_("Accept") if is_member else _("Register your organization"),
            icon="mail-opened",
            tone="warning",
            due=timezone.localdate(invitation.expires_at),
        )

    rows = Invitation.objects.open().addressed_to(actor.user_id).select_related("organization")
    yield from few(rows.order_by("expires_at"), make, "portal:home")


def registrations_under_way(actor: Actor, today: date) -> Iterator[Item]:
    """A person's own, until they have read how it ended."""

    def make(registration: Registration) -> Item:
        rejected = registration.state == Registration.State.REJECTED
        return Item(
            title=_("“%(name)s” was not let in") % {"name": registration.name}
            if rejected
            else _("“%(name)s” waits for a decision") % {"name": registration.name},
            meta=registration.code,
            url=reverse("organizations:registration_detail", args=[registration.pk]),
            action=_("Read why") if rejected else pgettext("look at", "Open"),
            icon="building-plus",
            tone="danger" if rejected else "info",
            since=registration.decided_at or registration.created_at,
        )

    states = [Registration.State.PENDING, Registration.State.REJECTED]
    rows = Registration.objects.filter(applicant_id=actor.user_id, state__in=states)
    yield from few(rows.order_by("-pk"), make, "organizations:registration_list")


def registrations_to_decide(actor: Actor, today: date) -> Iterator[Item]:
    def make(registration: Registration) -> Item:
        return Item(
            title=_("“%(name)s” asks to be let in") % {"name": registration.name},
            meta=f"{registration.get_kind_display()} · {registration.code}",
            url=reverse("organizations:registration_detail", args=[registration.pk]),
            action=_("Check and decide"),
            icon="building-plus",
            tone="warning",
            since=registration.created_at,
        )

    rows = Registration.objects.visible_to(actor).filter(state=Registration.State.PENDING)
    foreign = rows.exclude(applicant_id=actor.user_id)
    yield from few(foreign.order_by("pk"), make, "organizations:registration_list")


def failed_jobs(actor: Actor, today: date) -> Iterator[Item]:
    """One line for all jobs that failed in the last week."""
    since = timezone.now() - timedelta(days=7)
    count = JobRun.objects.filter(state=JobRun.State.FAILED, finished_at__gte=since).count()
    if count:
        yield Item(
            title=ngettext("%(count)d job failed this week", "%(count)d jobs failed this week", count)
            % {"count": count},
            meta=_("Imports and exports that people asked for"),
            url=f"{reverse('admin:jobs_jobrun_changelist')}?state__exact=failed",
            action=_("Look"),
            icon="alert-triangle",
            tone="danger",
        )


def given_up_messages(actor: Actor, today: date) -> Iterator[Item]:
    count = OutboxMessage.objects.filter(failed_at__isnull=False).count()
    if count:
        yield Item(
            title=ngettext("%(count)d message was given up", "%(count)d messages were given up", count)
            % {"count": count},
            meta=_("Notifications that reached nobody"),
            url=f"{reverse('admin:jobs_outboxmessage_changelist')}?failed_at__isnull=False",
            action=_("Look"),
            icon="alert-triangle",
            tone="danger",
        )
