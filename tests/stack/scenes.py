"""What the tests of the running portal put into its database, in a process of the portal's own settings."""

from __future__ import annotations

import json
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.agreements.services import agreement_recall
from apps.jobs.models import OutboxMessage
from apps.organizations.models import Membership, Organization, Role
from tests.factories.agreements import make_submitted
from tests.factories.chain import make_placement, make_world
from tests.factories.evaluations import make_plan
from tests.factories.organizations import actor_as, make_enterprise


def plans_with_three_missed_dates(count: int) -> None:
    """So many universities, each with two placements and a weekly plan whose first three due dates have passed.

    Prints the ids of the plans as JSON.
    """
    today = timezone.localdate()
    ids = []
    for _plan in range(count):
        world = make_world()
        for _placement in range(2):
            make_placement(world, starts_on=today - timedelta(days=60))
        plan = make_plan(world, first_due_on=today - timedelta(days=16), ends_on=today + timedelta(days=60))
        ids.append(plan.pk)
    print(json.dumps(ids))  # noqa: T201  # read by the test


def signers(count: int) -> list[Organization]:
    """Two organizations with so many coordinators between them; those that are there already are kept."""
    names = ("ONE", "TWO")
    if not Organization.objects.filter(code__in=names).exists():
        for name in names:
            make_enterprise(code=name)
    parties = list(Organization.objects.filter(code__in=names).order_by("code"))
    people = User.objects.bulk_create(
        [
            User(email=f"signer{number}@example.org", name=f"Signer {number}", password="!")
            for number in range(Membership.objects.filter(organization__in=parties).count(), count)
        ]
    )
    Membership.objects.bulk_create(
        [
            Membership(user=user, organization=parties[number % 2], role=Role.COORDINATOR)
            for number, user in enumerate(people)
        ]
    )
    return parties


def take_back_from(count: int) -> None:
    """An agreement is taken back from two parties with so many signers, who are all told of it by one event. Prints its key and
    the people as JSON."""
    members = Membership.objects.filter(organization__in=signers(count))
    first, second = (members.filter(organization__code=code)[0] for code in ("ONE", "TWO"))
    with transaction.atomic():
        agreement = make_submitted(first, second, mode="funding")
        OutboxMessage.objects.filter(payload__kind="signature_asked").delete()
        version = agreement_recall(actor_as(first), agreement_id=agreement.pk, reason="A number is wrong.")
    people = list(members.values_list("user_id", flat=True))
    key = f"version_recalled:{version.pk}:{version.revision}"
    print(json.dumps({"key": key, "people": people}))  # noqa: T201  # read by the test
