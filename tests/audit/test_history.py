from __future__ import annotations

from typing import Any

import pytest

from apps.agreements.models import Agreement
from apps.agreements.services import agreement_terminate, version_revise
from apps.audit.history import history_of
from apps.organizations.models import Membership
from tests.factories.agreements import make_draft, make_in_force, make_submitted
from tests.factories.organizations import actor_as, make_enterprise, make_member, make_university

pytestmark = pytest.mark.django_db


@pytest.fixture
def school() -> Membership:
    return make_member(make_university())


@pytest.fixture
def firm() -> Membership:
    return make_member(make_enterprise())


def test_history_names_each_step_its_time_and_who_took_it(school: Membership, firm: Membership) -> None:
    agreement = make_in_force(school, firm)
    agreement_terminate(actor_as(school), agreement_id=agreement.pk, cause="breach", reason="The line is closed.")
    history = history_of(agreement)
    assert [(entry.state, entry.who) for entry in history] == [
        ("terminated", school.user.name),
        ("in_force", firm.user.name),
        ("awaiting_signatures", school.user.name),
        ("draft", school.user.name),
    ]
    assert [entry.label for entry in history] == ["terminated", "in force", "awaiting signatures", "draft"]
    assert [entry.at for entry in history] == sorted((entry.at for entry in history), reverse=True)


def test_history_leaves_out_changes_that_kept_the_state(school: Membership, firm: Membership) -> None:
    agreement = make_draft(school, firm)
    for revision in (1, 2):
        version_revise(
            actor_as(school),
            version_id=agreement.versions.get().pk,
            expected_revision=revision,
            title=f"Version {revision}",
        )
    assert agreement.events.count() == 3  # type: ignore[attr-defined]  # by pghistory
    assert [entry.state for entry in history_of(agreement)] == ["draft"]


@pytest.mark.django_db(transaction=True)
def test_history_calls_what_no_person_did_the_portals(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    Agreement.objects.filter(pk=agreement.pk).update(state="in_force", in_force_at=agreement.created_at)
    assert history_of(agreement)[0].who == "the portal"


def test_history_of_one_row_holds_nothing_of_another(school: Membership, firm: Membership) -> None:
    make_in_force(school, firm)
    assert len(history_of(make_draft(school, firm))) == 1


def test_history_costs_the_same_at_any_length(
    school: Membership, firm: Membership, django_assert_num_queries: Any
) -> None:
    for agreement in (make_draft(school, firm), make_in_force(school, firm)):
        with django_assert_num_queries(2):
            history_of(agreement)


def test_history_remembers_a_person_who_was_disabled(school: Membership, firm: Membership) -> None:
    agreement = make_draft(school, firm)
    school.user.is_active = False
    school.user.save()
    assert history_of(agreement)[0].who == school.user.name
