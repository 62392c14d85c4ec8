from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.core.errors import NotAllowed, NotFound, WrongState
from apps.evaluations.models import Criterion, EvaluationScheme
from apps.evaluations.services import scheme_create, scheme_publish, scheme_revise
from apps.organizations.models import Membership, Role
from tests.factories.evaluations import CRITERIA
from tests.factories.organizations import actor_as, make_enterprise, make_member, make_university

pytestmark = pytest.mark.django_db


@pytest.fixture
def school() -> Membership:
    return make_member(make_university())


def draft(school: Membership, criteria: Any = CRITERIA) -> EvaluationScheme:
    return scheme_create(actor_as(school), title="Apprentice standard", criteria=criteria)


def test_create_and_publish_by_coordinator_fixes_the_scheme(school: Membership) -> None:
    scheme = scheme_publish(actor_as(school), scheme_id=draft(school).pk)
    assert scheme.state == EvaluationScheme.State.PUBLISHED
    assert scheme.published_at is not None
    assert [row.weight for row in scheme.criteria.all()] == [50, 30, 20]


@pytest.mark.parametrize("role", [Role.TUTOR, Role.STUDENT, Role.OBSERVER])
def test_create_without_right_is_refused_and_writes_nothing(role: str) -> None:
    with pytest.raises(NotAllowed):
        draft(make_member(make_university(), role))
    assert not EvaluationScheme.objects.exists()


def test_create_by_coordinator_of_an_enterprise_is_refused() -> None:
    with pytest.raises(NotAllowed):
        draft(make_member(make_enterprise()))


@pytest.mark.parametrize(
    ("field", "value", "key"),
    [
        ("weight", Decimal("0.5"), "criteria.1.weight"),
        ("weight", Decimal("100.01"), "criteria.1.weight"),
        ("weight", Decimal("33.333"), "criteria.1.weight"),
        ("weight", None, "criteria.1.weight"),
        ("title", "", "criteria.1.title"),
        ("title", "x" * 101, "criteria.1.title"),
        ("title", CRITERIA[0]["title"], "criteria.1.title"),
        ("standard", "", "criteria.1.standard"),
    ],
)
def test_create_with_bad_criterion_says_which_and_writes_nothing(
    field: str, value: Any, key: str, school: Membership
) -> None:
    criteria = [CRITERIA[0], CRITERIA[1] | {field: value}]
    with pytest.raises(ValidationError) as refusal:
        draft(school, criteria)
    assert set(refusal.value.message_dict) == {key}
    assert not EvaluationScheme.objects.exists()


def test_create_with_too_many_criteria_is_refused(school: Membership) -> None:
    criteria = [{"title": f"C{number}", "standard": "S", "weight": Decimal(1)} for number in range(21)]
    with pytest.raises(ValidationError) as refusal:
        draft(school, criteria)
    assert set(refusal.value.message_dict) == {"criteria"}


def test_create_with_title_that_is_taken_is_refused(school: Membership) -> None:
    draft(school)
    with pytest.raises(ValidationError, match="scheme of this title"):
        draft(school)


def test_revise_replaces_the_criteria_of_a_draft(school: Membership) -> None:
    scheme = draft(school)
    scheme_revise(actor_as(school), scheme_id=scheme.pk, title="Better", criteria=CRITERIA[:1])
    scheme = EvaluationScheme.objects.get()
    assert (scheme.title, scheme.criteria.count()) == ("Better", 1)


def test_revise_with_bad_criterion_keeps_what_was_there(school: Membership) -> None:
    scheme = draft(school)
    with pytest.raises(ValidationError):
        scheme_revise(actor_as(school), scheme_id=scheme.pk, title="Better", criteria=[CRITERIA[0] | {"weight": 0}])
    assert EvaluationScheme.objects.get().title == "Apprentice standard"
    assert Criterion.objects.count() == 3


def test_revise_once_published_is_refused(school: Membership) -> None:
    scheme = draft(school)
    scheme_publish(actor_as(school), scheme_id=scheme.pk)
    with pytest.raises(WrongState):
        scheme_revise(actor_as(school), scheme_id=scheme.pk, title="Better", criteria=CRITERIA)
    assert EvaluationScheme.objects.get().title == "Apprentice standard"


@pytest.mark.parametrize("criteria", [[], CRITERIA[:2], [CRITERIA[0] | {"weight": Decimal("99.99")}]])
def test_publish_with_weights_that_do_not_add_up_is_refused(criteria: Any, school: Membership) -> None:
    scheme = draft(school, criteria)
    with pytest.raises(WrongState, match="not to 100"):
        scheme_publish(actor_as(school), scheme_id=scheme.pk)
    assert EvaluationScheme.objects.get().state == EvaluationScheme.State.DRAFT


def test_publish_twice_keeps_the_first_time(school: Membership) -> None:
    scheme = draft(school)
    first = scheme_publish(actor_as(school), scheme_id=scheme.pk)
    again = scheme_publish(actor_as(school), scheme_id=scheme.pk)
    assert again.published_at == first.published_at


def test_foreign_scheme_is_not_found(school: Membership) -> None:
    scheme = draft(school)
    stranger = actor_as(make_member(make_university()))
    with pytest.raises(NotFound):
        scheme_publish(stranger, scheme_id=scheme.pk)
    with pytest.raises(NotFound):
        scheme_revise(stranger, scheme_id=scheme.pk, title="Mine", criteria=[])
