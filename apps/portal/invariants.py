"""What must always hold between the tables, recounted from the rows.

The database's constraints hold within a row or a key; these rules span tables, so services hold them, and this file checks.
Each rule is a query of the rows that break it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import CharField, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from apps.agreements.models import (
    Agreement,
    AgreementGroupObjectPermission,
    AgreementParty,
    AgreementUserObjectPermission,
    AgreementVersion,
    Obligation,
    Signature,
    Signer,
)
from apps.applications.models import Application
from apps.bases.models import Base, Intake, Position
from apps.evaluations.models import (
    Criterion,
    Evaluation,
    EvaluationRound,
    EvaluationScheme,
    PlacementResult,
    Score,
)
from apps.organizations.models import (
    Membership,
    OrganizationGroupObjectPermission,
    OrganizationUserObjectPermission,
    Role,
    RoleGroup,
)
from apps.placements.models import Journal, JournalAnswer, Placement, ProgressLog

Rule = Callable[[], QuerySet[Any]]
_rules: dict[str, Rule] = {}
SHOWN = 5
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken rule, how many rows break it, and some of them."""

    rule: str
    count: int
    examples: list[int]

    def __str__(self) -> str:
        return f"{self.rule}: {self.count} rows, for example {', '.join(map(str, self.examples))}"


class Broken(Exception):
    """Rules that must hold do not."""


def violations() -> list[Violation]:
    """Every rule that is broken now. Reads only; one statement a rule."""
    found = []
    for name, rule in _rules.items():
        ids = list(rule().order_by("pk").values_list("pk", flat=True))
        if ids:
            found.append(Violation(name, len(ids), ids[:SHOWN]))
    return found


def require_sound() -> None:
    """``Broken``, with all violations, unless every rule holds."""
    found = violations()
    if found:
        raise Broken("; ".join(map(str, found)))


def _rule(name: str) -> Callable[[Rule], Rule]:
    def register(rule: Rule) -> Rule:
        _rules[name] = rule
        return rule

    return register


@_rule("an agreement has two parties or more, the drafting one among them")
def _parties() -> QuerySet[Any]:
    drafter = AgreementParty.objects.filter(agreement=OuterRef("pk"), organization=OuterRef("drafted_by"))
    return Agreement.objects.annotate(party_count=Count("parties")).filter(Q(party_count__lt=2) | ~Exists(drafter))


@_rule("an agreement is where its versions are: drafted, shown, given up, or with one version in force")
def _versions() -> QuerySet[Any]:
    version = AgreementVersion.objects.filter(agreement=OuterRef("pk"))
    state_of = AgreementVersion.State
    ended = [state_of.REFUSED, state_of.WITHDRAWN, state_of.LAPSED]
    expected = {
        Agreement.State.DRAFT: version.filter(number=1, state=state_of.DRAFT),
        Agreement.State.AWAITING_SIGNATURES: version.filter(number=1, state=state_of.AWAITING_SIGNATURES),
        Agreement.State.NOT_CONCLUDED: version.filter(number=1, state__in=ended),
    }
    wrong: Any = Q()
    for state, rows in expected.items():
        wrong |= Q(state=state) & ~Exists(rows)
    return Agreement.objects.filter(wrong | ~Q(state__in=expected) & ~Exists(version.filter(state=state_of.IN_FORCE)))


@_rule("a version that is or was in force has every signature that it needs, one that awaits signatures lacks one")
def _signatures() -> QuerySet[Any]:
    counts = Signature.objects.filter(signer=OuterRef("pk"), voided_at=None).exclude(method="paper", confirmed_at=None)
    missing = Exists(Signer.objects.filter(~Exists(counts), version=OuterRef("pk"), removed_at=None))
    signed = [AgreementVersion.State.IN_FORCE, AgreementVersion.State.SUPERSEDED]
    return AgreementVersion.objects.filter(
        Q(state__in=signed) & missing | Q(state=AgreementVersion.State.AWAITING_SIGNATURES) & ~missing
    )


@_rule("a version that was shown has a signer for each party that it names, and for no other")
def _circuits() -> QuerySet[Any]:
    signers: defaultdict[int, set[int]] = defaultdict(set)
    for version, party in Signer.objects.filter(removed_at=None).values_list("version", "party"):
        signers[version].add(party)
    shown = AgreementVersion.objects.exclude(state=AgreementVersion.State.DRAFT).values_list("pk", "terms__parties")
    wrong = [pk for pk, parties in shown if signers[pk] != {named["party"] for named in parties}]
    return AgreementVersion.objects.filter(pk__in=wrong)


@_rule("who signs is a member of the party, or the student who is one")
def _signers() -> QuerySet[Any]:
    return Signature.objects.filter(membership__isnull=False).exclude(
        Q(signer__party__organization=F("membership__organization")) | Q(signer__party__student=F("membership"))
    )


@_rule("a signature that stands names what its party is shown")
def _hashes() -> QuerySet[Any]:
    shown = AgreementVersion.objects.whole().exclude(state=AgreementVersion.State.DRAFT).order_by("pk")
    wrong = []
    for version in shown.iterator(chunk_size=500):
        said = {party: version.hash_for(party) for party in version.said.party_ids}
        standing = (signer.standing for signer in version.circuit)
        wrong += [row.pk for row in standing if row is not None and row.content_hash != said[row.signer.party_id]]
    return Signature.objects.filter(pk__in=wrong)


@_rule("the title and the days of an agreement are those of its version in force")
def _mirrored() -> QuerySet[Any]:
    holds = AgreementVersion.objects.filter(agreement=OuterRef("pk"), state=AgreementVersion.State.IN_FORCE)
    said = holds.annotate(title=KT("terms__title"), first=KT("terms__starts_on"), last=KT("terms__ends_on"))
    same = said.filter(
        title=OuterRef("title"),
        first=Cast(OuterRef("starts_on"), CharField()),
        last=Cast(OuterRef("ends_on"), CharField()),
    )
    return Agreement.objects.filter(Exists(holds), ~Exists(same))


@_rule("who has joined an agreement and not left signed the version in force, and everybody who did has joined")
def _joined() -> QuerySet[Any]:
    holds = Signer.objects.filter(party=OuterRef("pk"), version__state=AgreementVersion.State.IN_FORCE, removed_at=None)
    joined = Q(joined_at__isnull=False, left_at=None)
    return AgreementParty.objects.filter(joined & ~Exists(holds) | ~joined & Exists(holds))


@_rule("what is owed stands in the version in force, under an agreement that all have signed")
def _obligations() -> QuerySet[Any]:
    holds = AgreementVersion.objects.filter(state=AgreementVersion.State.IN_FORCE)
    said = {
        (agreement, duty["key"], duty["party"])
        for agreement, duties in holds.values_list("agreement", "terms__duties")
        for duty in duties
    }
    rows = Obligation.objects.filter(state__in=Obligation.OPEN).values_list("pk", "agreement", "key", "party")
    return Obligation.objects.filter(pk__in=[pk for pk, *duty in rows if tuple(duty) not in said])


@_rule("an agreement is made under one that names its organizations")
def _frameworks() -> QuerySet[Any]:
    within = AgreementParty.objects.filter(
        agreement=OuterRef("agreement__framework"), organization=OuterRef("organization")
    )
    outside = AgreementParty.objects.filter(
        ~Exists(within), agreement=OuterRef("pk"), organization__isnull=False, joined_at__isnull=False
    )
    return Agreement.objects.filter(Exists(outside), framework__isnull=False)


@_rule("a base stands under an agreement that was in force, to which its host is a party")
def _bases() -> QuerySet[Any]:
    party = AgreementParty.objects.filter(agreement=OuterRef("agreement"), organization=OuterRef("host"))
    return Base.objects.filter(Q(agreement__in_force_at=None) | ~Exists(party))


@_rule("an intake that was opened has a position")
def _intakes() -> QuerySet[Any]:
    return Intake.objects.exclude(state=Intake.State.DRAFT).filter(positions=None)


@_rule("an intake is open only under an agreement in force, or suspended")
def _open_intakes() -> QuerySet[Any]:
    return Intake.objects.filter(state=Intake.State.OPEN).exclude(base__agreement__state__in=Agreement.STANDING)


@_rule("the places taken are those of accepted applications whose placement is not broken off")
def _places() -> QuerySet[Any]:
    holding = (
        Application.objects.filter(position=OuterRef("pk"), state=Application.State.ACCEPTED)
        .exclude(placement__state=Placement.State.BROKEN_OFF)
        .order_by()
        .values("position")
        .annotate(number=Count("pk"))
        .values("number")
    )
    return Position.objects.annotate(held=Coalesce(Subquery(holding), 0)).exclude(taken=F("held"))


@_rule("an application agrees with its position and is a student's of the university")
def _applications() -> QuerySet[Any]:
    return Application.objects.exclude(
        intake=F("position__intake"),
        host=F("position__intake__base__host"),
        university=F("student__organization"),
        student__role=Role.STUDENT,
    )


@_rule("an application goes to an intake that was opened, under an agreement of the student's university")
def _applied_where_invited() -> QuerySet[Any]:
    party = AgreementParty.objects.filter(
        agreement=OuterRef("intake__base__agreement"), organization=OuterRef("university")
    )
    return Application.objects.filter(Q(intake__state=Intake.State.DRAFT) | ~Exists(party))


@_rule("who works longer than the agreement behind the place held is listed for another base")
def _nobody_lost() -> QuerySet[Any]:
    ended = [Agreement.State.TERMINATED, Agreement.State.EXPIRED]
    working = Placement.objects.filter(base__agreement__state__in=ended, state__in=Placement.UNDER_WAY)
    last_day = Coalesce("base__agreement__last_day", "base__agreement__ends_on")
    return working.annotate(last_day=last_day).filter(ends_on__gt=F("last_day"), application__relocation=None)


@_rule("a placement comes of an accepted application and agrees with it")
def _placements() -> QuerySet[Any]:
    return Placement.objects.exclude(
        Q(application__state=Application.State.ACCEPTED)
        | Q(application__state=Application.State.WITHDRAWN, state=Placement.State.BROKEN_OFF),
        student=F("application__student"),
        university=F("application__university"),
        host=F("application__host"),
        position=F("application__position"),
        base=F("application__intake__base"),
    )


@_rule("a placement that has started stands under an agreement of its university, host and student")
def _tri_party() -> QuerySet[Any]:
    parties = AgreementParty.objects.filter(agreement=OuterRef("agreement"))
    return Placement.objects.filter(started_at__isnull=False).filter(
        Q(agreement__in_force_at=None)
        | ~Exists(parties.filter(organization=OuterRef("university")))
        | ~Exists(parties.filter(organization=OuterRef("host")))
        | ~Exists(parties.filter(student=OuterRef("student")))
    )


@_rule("the tutors of a placement are tutors of the university and of the host")
def _tutors() -> QuerySet[Any]:
    return Placement.objects.exclude(
        Q(enterprise_tutor=None) | Q(enterprise_tutor__organization=F("host"), enterprise_tutor__role=Role.TUTOR),
        academic_tutor__organization=F("university"),
        academic_tutor__role=Role.TUTOR,
    )


@_rule("a placement that runs or was completed has started, one that ended has ended")
def _times() -> QuerySet[Any]:
    ran = [Placement.State.ACTIVE, Placement.State.COMPLETED]
    ended = [Placement.State.COMPLETED, Placement.State.BROKEN_OFF]
    return Placement.objects.filter(
        Q(state__in=ran, started_at=None)
        | Q(state__in=ended, ended_at=None)
        | Q(state__in=[Placement.State.PREPARING, Placement.State.ACTIVE], ended_at__isnull=False)
    )


@_rule("a day is logged within a started placement, not in the future, by a tutor of the host")
def _logs() -> QuerySet[Any]:
    return ProgressLog.objects.exclude(
        worked_on__gte=F("placement__starts_on"),
        worked_on__lte=F("placement__ends_on"),
        tutor__organization=F("placement__host"),
        tutor__role=Role.TUTOR,
        placement__started_at__isnull=False,
    ) | ProgressLog.objects.filter(worked_on__gt=timezone.localdate())


@_rule("the week of a journal touches a started placement and has come")
def _journals() -> QuerySet[Any]:
    today = timezone.localdate()
    return Journal.objects.filter(
        Q(week_of__gt=F("placement__ends_on"))
        | Q(week_of__lt=F("placement__starts_on") - timedelta(days=6))
        | Q(week_of__gt=today)
        | Q(placement__started_at=None)
    )


@_rule("a journal is answered by a tutor of the university or of the host")
def _answers() -> QuerySet[Any]:
    return JournalAnswer.objects.exclude(
        Q(tutor__organization=F("journal__placement__university"))
        | Q(tutor__organization=F("journal__placement__host")),
        tutor__role=Role.TUTOR,
    )


@_rule("the weights of a published scheme add up to 100")
def _weights() -> QuerySet[Any]:
    published = EvaluationScheme.objects.filter(state=EvaluationScheme.State.PUBLISHED)
    return published.annotate(total=Sum("criteria__weight")).exclude(total=100)


@_rule("a sheet is for a placement of the plan, and of one of its tutors' organizations")
def _sheets() -> QuerySet[Any]:
    own_side = Q(side=Evaluation.Side.ACADEMIC, evaluator__organization=F("placement__university")) | Q(
        side=Evaluation.Side.ENTERPRISE, evaluator__organization=F("placement__host")
    )
    of_plan = Q(round__plan__base=None) | Q(round__plan__base=F("placement__base"))
    return Evaluation.objects.exclude(
        own_side, of_plan, placement__university=F("round__plan__scheme__organization"), evaluator__role=Role.TUTOR
    )


@_rule("a sheet that was handed in scores every criterion of its scheme, another one none")
def _scores() -> QuerySet[Any]:
    criteria = (
        Criterion.objects.filter(scheme__plans__rounds=OuterRef("round"))
        .order_by()
        .values("scheme")
        .annotate(number=Count("pk"))
        .values("number")
    )
    counted = Evaluation.objects.annotate(given=Count("scores"), wanted=Coalesce(Subquery(criteria), 0))
    foreign = Score.objects.filter(evaluation=OuterRef("pk")).exclude(
        criterion__scheme=F("evaluation__round__plan__scheme")
    )
    return counted.filter(
        Q(submitted_at=None, given__gt=0) | (Q(submitted_at__isnull=False) & ~Q(given=F("wanted"))) | Exists(foreign)
    )


@_rule("a result is the weighted mean of the sheets that were handed in, in a closed round")
def _results() -> QuerySet[Any]:
    means = (
        Score.objects.filter(
            evaluation__submitted_at__isnull=False, evaluation__round__state=EvaluationRound.State.CLOSED
        )
        .values_list("evaluation__round", "evaluation__placement", "criterion__weight", "criterion")
        .order_by()
        .annotate(Sum("points"), Count("pk"))
    )
    scores: defaultdict[tuple[int, int], Decimal] = defaultdict(Decimal)
    for round_id, placement_id, weight, _criterion, points, number in means:
        scores[round_id, placement_id] += weight * points / number / 100
    right = {key: score.quantize(CENT, ROUND_HALF_UP) for key, score in scores.items()}
    rows = PlacementResult.objects.values_list("pk", "round", "placement", "score")
    wrong = [pk for pk, round_id, placement_id, score in rows if right.get((round_id, placement_id)) != score]
    return PlacementResult.objects.filter(pk__in=wrong)


@_rule("every sheet that was handed in before its round closed has led to a result")
def _missing_results() -> QuerySet[Any]:
    result = PlacementResult.objects.filter(round=OuterRef("round"), placement=OuterRef("placement"))
    return Evaluation.objects.filter(
        ~Exists(result), submitted_at__isnull=False, round__state=EvaluationRound.State.CLOSED
    )


@_rule("a current member is in the group of the role, a former one is not")
def _groups() -> QuerySet[Any]:
    in_group = Exists(
        RoleGroup.objects.filter(
            organization=OuterRef("organization"), role=OuterRef("role"), group__user=OuterRef("user")
        )
    )
    again = Exists(
        Membership.objects.filter(
            user=OuterRef("user"), organization=OuterRef("organization"), role=OuterRef("role"), ended_at=None
        )
    )
    return Membership.objects.filter(Q(ended_at=None) & ~in_group | Q(ended_at__isnull=False) & in_group & ~again)


@_rule("a right within an organization is granted to its own role")
def _rights_of_roles() -> QuerySet[Any]:
    return OrganizationGroupObjectPermission.objects.exclude(group__role_group__organization=F("content_object"))


@_rule("a right granted to a person is one of a current member of the organization")
def _rights_of_people() -> QuerySet[Any]:
    return OrganizationUserObjectPermission.objects.exclude(
        membership__organization=F("content_object"), membership__user=F("user"), membership__ended_at=None
    )


@_rule("administrators manage the members of their organization, and nobody else does")
def _administrators() -> QuerySet[Any]:
    manages = OrganizationGroupObjectPermission.objects.filter(
        group=OuterRef("group"), content_object=OuterRef("organization"), permission__codename="manage_members"
    )
    return RoleGroup.objects.filter(
        Q(role=Role.ADMINISTRATOR) & ~Exists(manages) | ~Q(role=Role.ADMINISTRATOR) & Exists(manages)
    )


def _shown_to(organization: str) -> Exists:
    """The agreement was shown to this organization, to be signed."""
    shown = AgreementParty.objects.filter(agreement=OuterRef("content_object"), shown_at__isnull=False)
    return Exists(shown.filter(organization=OuterRef(organization)))


@_rule("a grant on an agreement is a role's that signs for a party, after it was submitted")
def _grants_of_roles() -> QuerySet[Any]:
    signs = OrganizationGroupObjectPermission.objects.filter(
        group=OuterRef("group"), permission__codename="sign_agreements"
    )
    return AgreementGroupObjectPermission.objects.exclude(_shown_to("group__role_group__organization"), Exists(signs))


@_rule("a grant on an agreement to a person is one's who was granted to sign for a party")
def _grants_of_people() -> QuerySet[Any]:
    signs = OrganizationUserObjectPermission.objects.filter(
        membership=OuterRef("membership"), permission__codename="sign_agreements"
    )
    return AgreementUserObjectPermission.objects.exclude(_shown_to("membership__organization"), Exists(signs))


@_rule("who signs for a party holds the agreement from its submission on")
def _missing_grants() -> QuerySet[Any]:
    granted = AgreementGroupObjectPermission.objects.filter(
        content_object=OuterRef("agreement"),
        group__role_group__organization=OuterRef("organization"),
        permission__codename="sign_agreement",
    )
    signing = OrganizationGroupObjectPermission.objects.filter(
        content_object=OuterRef("organization"), permission__codename="sign_agreements"
    )
    return AgreementParty.objects.filter(~Exists(granted), Exists(signing), shown_at__isnull=False)
