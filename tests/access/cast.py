"""Who asks, and for what: the same chain twice, so that to everyone there is a twin whose things are foreign."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from allauth.mfa.models import Authenticator
from django.utils import timezone

from apps.accounts.models import User
from apps.agreements.services import agreement_terminate
from apps.applications.models import Application
from apps.bases.models import Intake
from apps.evaluations.models import (
    Criterion,
    Evaluation,
    EvaluationPlan,
    EvaluationRound,
    EvaluationScheme,
    PlacementResult,
)
from apps.jobs.services import job_start
from apps.notifications.models import Delivery, Notification
from apps.organizations.models import Invitation, Membership, Organization, Role
from apps.organizations.services import unit_add
from apps.organizations.services.identity_providers import identity_provider_set
from apps.organizations.tokens import token_create
from apps.placements.models import Journal, Placement, ProgressLog, Relocation
from apps.privacy.models import ConsentText, LegalGuardian, Purpose
from apps.privacy.services import consent_give, erasure_ask, guardian_register
from apps.universities.models import StudentProfile
from apps.universities.services import school_class_create
from apps.vocational_groups.models import GroupMember
from tests.factories.agreements import make_in_force
from tests.factories.chain import (
    World,
    make_application,
    make_base,
    make_intake,
    make_placement,
    make_position,
    make_student,
    make_world,
)
from tests.factories.organizations import (
    SYSTEM,
    actor_as,
    give_authenticator,
    make_enterprise,
    make_member,
    make_organization,
    make_person,
    make_region,
    make_university,
)
from tests.factories.registrations import make_invitation, make_registration
from tests.factories.roster import checked, csv_file, identity_number, student

from .cast_agreements import agreement_things
from .personas import ANONYMOUS
from .visitors import Visitor, Watch, fingerprint


@dataclass
class Cast:
    """``things`` by the names of the matrix, ``people`` by persona, ``canary`` in every name that is not for foreigners."""

    world: World
    twin: World
    things: dict[str, Any]
    people: dict[str, Membership]
    visitors: dict[str, Visitor]
    base: dict[str, str] = field(default_factory=dict)
    """what stood in every table when the cast was ready"""
    canary: str = "CANARY"

    def key(self, name: str) -> int:
        key: int = self.things[name].pk
        return key

    def watch(self) -> Watch:
        return Watch(self.base)


def build_cast() -> Cast:
    world, twin = make_world(), make_world()
    _mark(world)
    people = _people(world, twin)
    things = agreement_things(world) | _bases(world) | _placements(world) | _evaluations(world) | _own(world)
    things |= _organizations(people)
    things |= _tokens(world) | _accounts(world) | _privacy(world, people)
    things |= _roster(world, people["school_administrator"])
    cast = Cast(
        world=world,
        twin=twin,
        things=things | _partners(world, people) | _rights(things),
        people=people,
        visitors={persona: Visitor.of(member) for persona, member in people.items()} | _without_membership(),
    )
    _end(people)
    cast.base = fingerprint()
    return cast


def _rights(things: dict[str, Any]) -> dict[str, Any]:
    """Parts of addresses: a role, a member, and what they may do."""
    return {"role_right": ["observer", "manage_bases"], "member_right": [things["member"], "manage_bases"]}


def _mark(world: World) -> None:
    """Names that may appear in no answer to the other world."""
    for row, name in (
        (world.agreement, "title"),
        (world.base, "name"),
        (world.base, "name_en"),
        (world.intake, "title"),
        (world.position, "title"),
        (world.student.user, "name"),
    ):
        setattr(row, name, f"CANARY {getattr(row, name)}")
        row.save()


def _people(world: World, twin: World) -> dict[str, Membership]:
    here, elsewhere = make_region("320500", "苏州市"), make_region("440300", "深圳市")
    government = Organization.Kind.GOVERNMENT
    return {
        "school": world.school,
        "school_administrator": make_member(world.university, Role.ADMINISTRATOR),
        "school_observer": make_member(world.university, Role.OBSERVER),
        "firm": world.firm,
        "firm_administrator": make_member(world.enterprise, Role.ADMINISTRATOR),
        "firm_observer": make_member(world.enterprise, Role.OBSERVER),
        "academic_tutor": world.academic_tutor,
        "other_academic_tutor": make_member(world.university, Role.TUTOR),
        "enterprise_tutor": world.enterprise_tutor,
        "other_enterprise_tutor": make_member(world.enterprise, Role.TUTOR),
        "student": world.student,
        "other_student": make_student(world.university),
        "foreign_school": twin.school,
        "foreign_school_administrator": make_member(twin.university, Role.ADMINISTRATOR),
        "foreign_firm": twin.firm,
        "foreign_academic_tutor": twin.academic_tutor,
        "foreign_enterprise_tutor": twin.enterprise_tutor,
        "foreign_student": twin.student,
        "stranger": make_member(make_university()),
        "government": make_member(make_organization(government, region_code=here.code)),
        "foreign_government": make_member(make_organization(government, region_code=elsewhere.code)),
        "group": make_member(_group_of(world.university, world.enterprise)),
        "foreign_group": make_member(make_organization(Organization.Kind.VOCATIONAL_GROUP)),
        "partner": make_member(make_enterprise()),
        "former_partner": make_member(make_enterprise()),
        # These lose it again, below.
        "ended": make_member(world.university),
        "suspended": make_member(make_university()),
        "disabled": make_member(world.university),
    }


def _group_of(*organizations: Organization) -> Organization:
    group = make_organization(Organization.Kind.VOCATIONAL_GROUP)
    for organization in organizations:
        GroupMember.objects.create(group=group, organization=organization)
    return group


def _without_membership() -> dict[str, Visitor]:
    """Nobody at all; somebody who was never let in; the platform's own staff."""
    staff = make_person("Staff")
    staff.is_staff = True
    staff.save()
    give_authenticator(staff)
    return {
        ANONYMOUS: Visitor(),
        "outsider": Visitor.without_membership(make_person("Outsider")),
        "staff": Visitor.without_membership(staff),
    }


def _end(people: dict[str, Membership]) -> None:
    """Take away what these had when they signed in: the membership, the organization, the account."""
    Membership.objects.filter(pk=people["ended"].pk).update(ended_at=timezone.now())
    suspension = {"suspended_at": timezone.now(), "suspension_reason": "Closed"}
    Organization.objects.filter(pk=people["suspended"].organization_id).update(**suspension)
    User.objects.filter(pk=people["disabled"].user_id).update(is_active=False)


def _partners(world: World, people: dict[str, Membership]) -> dict[str, Any]:
    """An agreement of the university with another enterprise, in force, and one that has ended."""
    partner, former = people["partner"], people["former_partner"]
    ended = make_in_force(world.school, former, title="Of old")
    return {
        "partner_agreement": make_in_force(world.school, partner, title="With another"),
        "ended_agreement": agreement_terminate(
            actor_as(former), agreement_id=ended.pk, cause="insolvency", reason="It is over."
        ),
    }


def _bases(world: World) -> dict[str, Any]:
    draft = make_intake(world.base, state=Intake.State.DRAFT, opened_at=None, title="CANARY draft intake")
    closing = make_intake(make_base(world.agreement, world.enterprise, name="CANARY base"), title="CANARY to close")
    return {
        "base": world.base,
        "intake": world.intake,
        "draft_intake": draft,
        "draft_position": make_position(draft, title="CANARY draft position"),
        "closing_intake": closing,
        "position": world.position,
        "open_position": make_position(closing, title="CANARY open position"),
    }


def _placements(world: World) -> dict[str, Any]:
    preparing = {"state": Placement.State.PREPARING, "started_at": None}
    placement = make_placement(world, student=world.student)
    monday = timezone.localdate() - timedelta(days=timezone.localdate().weekday())
    return {
        "application": make_application(world),
        "own_application": make_application(
            world, world.student, intake=make_intake(world.base), state=Application.State.SUBMITTED
        ),
        "accepted_application": make_application(world, state=Application.State.ACCEPTED),
        "placement": placement,
        "preparing_placement": make_placement(world, enterprise_tutor=None, **preparing),
        "ready_placement": make_placement(world, **preparing),
        "bare_placement": make_placement(world, agreement=None, **preparing),
        "relocation": _relocation(world),
        "log": ProgressLog.objects.create(
            placement=placement,
            tutor=world.enterprise_tutor,
            worked_on=timezone.localdate() - timedelta(days=1),
            hours=Decimal("7.50"),
            tasks="CANARY tasks",
            rating=4,
        ),
        "journal": Journal.objects.create(
            placement=placement, week_of=monday - timedelta(days=7), work_done="CANARY work", learnt="Patience"
        ),
    }


def _relocation(world: World) -> Relocation:
    """A student whose place loses its agreement."""
    application = make_application(world, state=Application.State.ACCEPTED)
    return Relocation.objects.create(
        agreement=world.agreement,
        application=application,
        student=application.student,
        university=world.university,
        host=world.enterprise,
    )


def _evaluations(world: World) -> dict[str, Any]:
    today = timezone.localdate()
    schemes = {}
    for state in EvaluationScheme.State.values:
        published = timezone.now() if state == EvaluationScheme.State.PUBLISHED else None
        schemes[state] = EvaluationScheme.objects.create(
            organization=world.university, title=f"CANARY {state} scheme", state=state, published_at=published
        )
        Criterion.objects.create(scheme=schemes[state], title="Care", standard="Enterprise rule 1", weight=100)
    plan = EvaluationPlan.objects.create(
        scheme=schemes["published"],
        cadence=EvaluationPlan.Cadence.WEEKLY,
        first_due_on=today,
        ends_on=today + timedelta(days=60),
        next_due_on=today + timedelta(days=7),
    )
    current = EvaluationRound.objects.create(plan=plan, due_on=today, closes_on=today + timedelta(days=7))
    closed = EvaluationRound.objects.create(
        plan=plan,
        due_on=today - timedelta(days=30),
        closes_on=today - timedelta(days=23),
        state=EvaluationRound.State.CLOSED,
        closed_at=timezone.now(),
    )
    placement = Placement.objects.get(student=world.student)
    return {
        "scheme": schemes["published"],
        "plan": plan,
        "draft_scheme": schemes["draft"],
        "round": current,
        "evaluation": Evaluation.objects.create(
            round=current, placement=placement, side=Evaluation.Side.ACADEMIC, evaluator=world.academic_tutor
        ),
        "closed_evaluation": Evaluation.objects.create(
            round=closed,
            placement=placement,
            side=Evaluation.Side.ENTERPRISE,
            evaluator=world.enterprise_tutor,
            submitted_at=timezone.now(),
        ),
        "criterion": Criterion.objects.get(scheme=schemes["published"]),
        "result": PlacementResult.objects.create(round=closed, placement=placement, score=Decimal("81.25"), sheets=1),
    }


def _organizations(people: dict[str, Membership]) -> dict[str, Any]:
    """A unit; a registration that waits; an invitation that can be sent again, and one to the other student."""
    administrator = people["school_administrator"]
    invitation = make_invitation(administrator, "canary@example.org", name="CANARY guest")
    Invitation.objects.filter(pk=invitation.pk).update(expires_at=timezone.now() + timedelta(days=1))
    return {
        "unit": unit_add(actor_as(administrator), name="CANARY unit"),
        "registration": make_registration(people["firm_observer"].user, note="CANARY note"),
        "invitation": invitation,
        "own_invitation": make_invitation(administrator, people["other_student"].user.email, title="CANARY title"),
    }


def _tokens(world: World) -> dict[str, Any]:
    token, _secret = token_create(SYSTEM, membership_id=world.school.pk, name="CANARY token", scope="read")
    return {"token": token}


def _accounts(world: World) -> dict[str, Any]:
    key = {"name": "CANARY key", "credential": {"clientExtensionResults": {"credProps": {"rk": True}}}}
    return {
        "passkey": Authenticator.objects.create(user=world.school.user, type=Authenticator.Type.WEBAUTHN, data=key),
        "identity_provider": identity_provider_set(
            SYSTEM,
            organization_id=world.university.pk,
            domain="canary.example.org",
            issuer="https://127.0.0.1/realm",
            client_id="CANARY",
            client_secret="secret",
        ),
    }


def _privacy(world: World, people: dict[str, Membership]) -> dict[str, Any]:
    """A child of 13 with a guardian; a consent of the student; a request for erasure of the other one."""
    minor = make_student(world.university).user
    minor.name, minor.birth_date = "CANARY minor", timezone.localdate() - timedelta(days=13 * 366)
    minor.save()
    photo = ConsentText.objects.get(purpose=Purpose.PHOTO, superseded_at=None)
    guardian = guardian_register(
        SYSTEM,
        person_id=minor.pk,
        name="CANARY guardian",
        relation=LegalGuardian.Relation.MOTHER,
        phone="12345",
        email="canary@example.org",
    )
    return {
        "minor": minor,
        "guardian": guardian,
        "student_person": world.student.user,
        "consent_text": photo,
        "consent": consent_give(actor_as(world.student), text_id=photo.pk),
        "erasure": erasure_ask(actor_as(people["other_student"]), reason="I leave."),
    }


def _roster(world: World, keeper: Membership) -> dict[str, Any]:
    """A student with an identity number, a class; a checked file, one that was not, their jobs, and one that waits."""
    profile = StudentProfile.objects.get(membership=world.student)
    profile.seal_identity("resident", identity_number(7))
    profile.save()
    school_class = school_class_create(SYSTEM, programme_id=profile.programme_id, name="CANARY class", entry_year=2024)
    data = csv_file([student(1, 姓名="CANARY name", 电子邮箱="nobody")])
    roster, job = checked(keeper, data, name="CANARY.csv")
    return {
        "student_profile": profile,
        "programme": profile.programme,
        "school_class": school_class,
        "roster": roster,
        "sound_roster": checked(keeper, csv_file([student(2)]), name="CANARY sound.csv")[0],
        "job": job,
        "waiting_job": job_start(actor_as(keeper), kind="roster_check", title="CANARY job", params={}),
    }


def _own(world: World) -> dict[str, Any]:
    notification = Notification.objects.create(
        kind="agreement_in_force",
        key="agreement_in_force:canary",
        params={"title": "CANARY", "number": "AG-000001", "url": f"/agreements/{world.agreement.pk}/"},
    )
    return {
        "organization": world.enterprise,
        "member": make_member(world.university, Role.TUTOR),
        "delivery": Delivery.objects.create(notification=notification, user=world.school.user),
    }
