from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.agreements.models import (
    Agreement,
    AgreementGroupObjectPermission,
    AgreementParty,
    AgreementUserObjectPermission,
    AgreementVersion,
    LedgerEntry,
    Obligation,
    Signature,
    Signer,
)
from apps.agreements.verification import verify
from apps.applications.models import Application
from apps.bases.models import Base, Intake, Position
from apps.evaluations.models import Criterion, Evaluation, EvaluationRound, EvaluationScheme, PlacementResult, Score
from apps.jobs.models import OutboxMessage
from apps.notifications.models import Delivery
from apps.organizations.models import (
    Membership,
    Organization,
    OrganizationGroupObjectPermission,
    OrganizationUserObjectPermission,
    Role,
)
from apps.organizations.principal import actor_for
from apps.placements.models import Journal, JournalAnswer, Placement, ProgressLog
from apps.portal.demo.cast import LOGINS, PASSWORD, STAFF_EMAIL
from apps.portal.demo.volume import SCALES, Scale
from apps.portal.invariants import violations
from apps.portal.queue import queue_of
from tests.factories.organizations import make_member, make_university
from tests.support.totp import code_now

pytestmark = pytest.mark.django_db

WITHOUT_QUEUE = {"platform staff"}
"""Nothing waits for their hands. The observer of the story was granted to sign."""


def seed(*args: str) -> str:
    out = StringIO()
    call_command("seed_demo", *args, stdout=out)
    return out.getvalue()


@pytest.fixture(scope="module")
def _story(django_db_setup: Any, django_db_blocker: Any) -> Iterator[None]:
    """The story, told once for the tests of this module, which roll back to it; nothing of it is left afterwards."""
    with django_db_blocker.unblock(), transaction.atomic():
        seed()
        yield
        transaction.set_rollback(True)


@pytest.fixture
def story(_story: None, db: None) -> None:
    """The database as the story left it."""


# The tests that need an empty database come before the story is told.


def _logins(*args: str) -> str:
    out = StringIO()
    call_command("demo_logins", *args, stdout=out)
    return out.getvalue()


def test_logins_without_demo_data_is_an_error() -> None:
    with pytest.raises(CommandError, match="no demo data"):
        _logins()


def test_seed_again_never_throws_away_what_is_no_demo() -> None:
    make_member(make_university())
    with pytest.raises(CommandError, match="empty database only"):
        seed("--again")
    assert Membership.objects.count() == 1


def test_volume_fills_what_its_scale_says_and_breaks_no_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    scale = Scale(3, 4, 1, 1, 1, students=200, placements=90, academic_tutors=2, enterprise_tutors=2)
    monkeypatch.setitem(SCALES, "medium", scale)
    seed("--scale", "medium")
    assert violations() == []
    mass = Membership.objects.filter(user__email__contains="@org")
    assert mass.values("organization").distinct().count() == scale.organizations
    assert mass.filter(role=Role.STUDENT).count() == scale.students
    placed = Placement.objects.filter(student__in=mass)
    assert placed.count() == scale.placements
    assert set(placed.values_list("state", flat=True)) >= {"active", "completed"}
    assert ProgressLog.objects.filter(placement__in=placed).count() > 40 * 70
    assert EvaluationRound.objects.filter(plan__scheme__organization__in=mass.values("organization")).count() == 9


def test_every_role_finds_something_on_its_home_page(story: None) -> None:
    for role, email in LOGINS:
        actor = actor_for(User.objects.get(email=email).pk)
        assert bool(queue_of(actor)) is (role not in WITHOUT_QUEUE), role


def test_every_login_opens_the_home_page(story: None) -> None:
    for login in json.loads(_logins("--json")):
        browser = Client()
        answer = browser.post("/accounts/login/", {"login": login["email"], "password": login["password"]})
        if login["totp_secret"]:
            assert answer.headers["Location"] == "/accounts/2fa/authenticate/"
            answer = browser.post(answer.headers["Location"], {"code": code_now(login["totp_secret"])})
        assert answer.headers["Location"] == "/"
        assert browser.get("/").status_code == 200


def test_logins_name_one_person_for_each_role_with_their_organization(story: None) -> None:
    logins = json.loads(_logins("--json"))
    assert [login["role"] for login in logins] == [login.role for login in LOGINS]
    assert {login["password"] for login in logins} == {PASSWORD}
    codes = set(Organization.objects.values_list("code", flat=True))
    assert all(login["organization_code"] in codes for login in logins if login["email"] != STAFF_EMAIL)
    assert PASSWORD in _logins()


def test_story_holds_every_situation_of_the_chain(story: None, tmp_path: Path) -> None:
    today = timezone.localdate()
    assert set(Agreement.objects.values_list("state", flat=True)) == set(Agreement.State.values)
    states = set(AgreementVersion.objects.values_list("state", flat=True))
    assert states >= {"draft", "awaiting_signatures", "in_force", "superseded", "refused"}
    assert set(AgreementVersion.objects.values_list("kind", flat=True)) == set(AgreementVersion.Kind.values)
    assert set(Signature.objects.values_list("method", flat=True)) >= {"browser", "paper"}
    assert set(Obligation.objects.values_list("state", flat=True)) >= {"owed", "reported", "done"}
    assert Agreement.objects.filter(state="in_force", last_day__gt=today).exists()
    assert Placement.objects.filter(state="active", agreement__state="in_force").exists()
    assert LedgerEntry.objects.exists()
    assert not list(verify(tmp_path))
    assert set(Intake.objects.values_list("state", flat=True)) == set(Intake.State.values)
    open_intakes = Intake.objects.taking_applications(today)
    assert set(open_intakes.values_list("selection", flat=True)) == set(Intake.Selection.values)
    assert set(Application.objects.values_list("state", flat=True)) == set(Application.State.values)
    assert set(Placement.objects.values_list("state", flat=True)) == set(Placement.State.values)
    assert Application.objects.filter(state="accepted", placement=None).exists()
    assert Placement.objects.filter(enterprise_tutor=None).exists()
    assert Journal.objects.unanswered().exists()
    assert JournalAnswer.objects.exists()
    assert set(EvaluationRound.objects.values_list("state", flat=True)) == set(EvaluationRound.State.values)
    assert Evaluation.objects.pending().exists()
    assert PlacementResult.objects.exists()
    assert Agreement.objects.filter(mode="joint_laboratory", organizations__country="DE", state="in_force").exists()
    assert Delivery.objects.unread().exists()
    assert not OutboxMessage.objects.filter(done_at=None).exists()
    assert ProgressLog.objects.filter(worked_on__lt=today - timedelta(weeks=6)).exists()


def test_seed_refuses_a_database_with_organizations(story: None) -> None:
    with pytest.raises(CommandError, match="--again"):
        seed()


def _fingerprint() -> list[Any]:
    return [
        list(ProgressLog.objects.order_by("pk").values_list("worked_on", "hours", "tasks", "rating", "note")),
        list(Journal.objects.order_by("pk").values_list("week_of", "work_done", "learnt", "reflection")),
        list(PlacementResult.objects.order_by("pk").values_list("score", "sheets")),
        list(User.objects.order_by("pk").values_list("email", "name")),
    ]


def test_seed_again_with_the_same_seed_gives_the_same_and_with_another_other_data(story: None) -> None:
    first = _fingerprint()
    seed("--again")
    assert _fingerprint() == first
    seed("--again", "--seed", "2")
    assert _fingerprint() != first


def test_large_scale_is_a_whole_province() -> None:
    large = SCALES["large"]
    assert large.organizations >= 200
    assert (large.students, large.placements) == (20_000, 5_000)


def test_check_of_sound_data_says_so(story: None) -> None:
    out = StringIO()
    call_command("check_invariants", stdout=out)
    assert out.getvalue() == "All invariants hold.\n"


def _version(state: str = "in_force") -> Any:
    """The oldest version in this state."""
    return _first(AgreementVersion, state=state)


def _of(model: Any, version: Any) -> Any:
    return model.objects.filter(signer__version__in=version)


BREAKS: dict[str, Callable[[], Any]] = {
    "two parties": lambda: Agreement.objects.filter(pk=_draft().pk).update(
        drafted_by=Organization.objects.get(kind="government")
    ),
    "where its versions are": lambda: Agreement.objects.filter(state="draft").update(state="awaiting_signatures"),
    "every signature that it needs": lambda: _of(Signature, _version()).update(voided_at=timezone.now()),
    "a signer for each party": lambda: Signer.objects.filter(version__in=_version()).update(removed_at=timezone.now()),
    "member of the party": lambda: Signature.objects.update(membership=Membership.objects.first()),
    "names what its party is shown": lambda: _of(Signature, _version()).update(content_hash="0" * 64),
    "those of its version in force": lambda: _first(Agreement, state="in_force").update(title="other"),
    "has joined an agreement": lambda: AgreementParty.objects.update(left_at=timezone.now()),
    "is owed stands": lambda: _first(Obligation, state="owed").update(key="other"),
    "names its organizations": lambda: Agreement.objects.filter(framework__isnull=False).update(
        framework=Agreement.objects.get(mode="joint_laboratory")
    ),
    "its host is a party": lambda: Base.objects.update(host=Organization.objects.get(kind="association")),
    "has a position": lambda: Intake.objects.create(
        base=Base.objects.first(),
        title="empty",
        closes_on=timezone.localdate(),
        starts_on=timezone.localdate(),
        ends_on=timezone.localdate() + timedelta(days=1),
        state="closed",
        opened_at=timezone.now(),
    ),
    "open only under": lambda: Agreement.objects.filter(state="in_force").update(
        state="expired", ended_at=timezone.now()
    ),
    "listed for another base": lambda: Agreement.objects.filter(bases__placements__state="active").update(
        state="terminated",
        cause="insolvency",
        termination_reason="closed",
        notice_given_at=timezone.now(),
        last_day=timezone.localdate(),
        ended_at=timezone.now(),
    ),
    "places taken": lambda: Position.objects.filter(taken__gt=0).update(taken=0),
    "agrees with its position": lambda: Application.objects.update(host=Organization.objects.get(kind="association")),
    "was opened": lambda: Intake.objects.filter(state="closed").update(state="draft"),
    "comes of an accepted": lambda: Application.objects.filter(placement__state="active").update(
        state="submitted", decided_at=None
    ),
    "stands under an agreement of its": lambda: _first(Placement, state="active").update(agreement=None),
    "tutors of a placement": lambda: Placement.objects.update(
        academic_tutor=Membership.objects.filter(role=Role.STUDENT).first()
    ),
    "has started": lambda: Placement.objects.filter(state="completed").update(started_at=None),
    "logged within": lambda: _first(ProgressLog).update(worked_on=timezone.localdate() + timedelta(days=9)),
    "week of a journal": lambda: _first(Journal).update(week_of=_monday() + timedelta(days=700)),
    "is answered by": lambda: _first(JournalAnswer).update(
        tutor=Membership.objects.filter(role=Role.COORDINATOR).first()
    ),
    "add up to 100": lambda: Criterion.objects.filter(scheme__state="published").update(weight=10),
    "sheet is for": lambda: _first(Evaluation).update(
        evaluator=Membership.objects.filter(role=Role.COORDINATOR).first()
    ),
    "scores every criterion": lambda: _first(Score).delete(),
    "weighted mean": lambda: _first(PlacementResult).update(score=1),
    "has led to a result": lambda: _first(PlacementResult).delete(),
    "in the group": lambda: User.groups.through.objects.all().delete(),
    "to its own role": lambda: _first(OrganizationGroupObjectPermission).update(
        content_object=Organization.objects.last()
    ),
    "to a person is one of a current": lambda: OrganizationUserObjectPermission.objects.update(
        content_object=Organization.objects.get(kind="association")
    ),
    "nobody else does": lambda: OrganizationGroupObjectPermission.objects.filter(
        permission__codename="manage_members"
    ).delete(),
    "a role's that signs": lambda: _first(AgreementGroupObjectPermission).update(content_object=_draft()),
    "to a person is one's who": lambda: AgreementUserObjectPermission.objects.create(
        content_object=Agreement.objects.filter(state="in_force").first(),
        membership=_tutor(),
        user=_tutor().user,
        permission=Permission.objects.get(codename="sign_agreement"),
    ),
    "from its submission on": lambda: AgreementGroupObjectPermission.objects.all().delete(),
}


def _tutor() -> Membership:
    return Membership.objects.filter(role=Role.TUTOR).order_by("pk")[0]


def _draft() -> Agreement:
    """One that was never shown."""
    return Agreement.objects.get(
        state="draft", mode="teaching_resources", parties__organization__name="太仓海威机电有限公司"
    )


def _monday() -> Any:
    today = timezone.localdate()
    return today - timedelta(days=today.weekday())


def _first(model: Any, **lookup: Any) -> Any:
    return model.objects.filter(pk=model.objects.filter(**lookup).order_by("pk").first().pk)


@pytest.mark.parametrize("rule", BREAKS)
def test_check_finds_a_row_that_breaks_the_rule(rule: str, story: None) -> None:
    assert violations() == []
    BREAKS[rule]()
    out = StringIO()
    with pytest.raises(CommandError, match="broken"):
        call_command("check_invariants", stdout=out)
    assert rule in out.getvalue()


def test_every_rule_has_a_row_that_breaks_it(story: None) -> None:
    from apps.portal.invariants import _rules

    unproved = [name for name in _rules if not any(rule in name for rule in BREAKS)]
    assert unproved == []
    assert EvaluationScheme.objects.exists()
