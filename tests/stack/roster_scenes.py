"""Rosters for the tests of the running portal, in a process of the portal's own settings."""

from __future__ import annotations

import json
from datetime import date, timedelta

from apps.accounts.models import User
from apps.organizations.models import Role
from apps.universities.services.imports import roster_import_commit
from tests.factories.organizations import actor_as, make_member, make_university
from tests.factories.roster import checked, csv_file, identity_number, student


def ask_for_import(count: int, label: str) -> None:
    """A checked file with so many students waits to be taken over. Prints the ids of university and job as JSON."""
    person = User.objects.create_user(f"keeper-{label}@campus.example", None, name="Keeper")
    keeper = make_member(make_university(code=f"T{label}", name=f"大学{label}"), Role.ADMINISTRATOR, person)
    rows = [
        student(
            number,
            电子邮箱=f"{label}{number}@campus.example",
            身份证号=identity_number(number % 1000, date(2004, 1, 1) + timedelta(days=number // 1000)),
        )
        for number in range(count)
    ]
    roster, _job = checked(keeper, csv_file(rows))
    job = roster_import_commit(actor_as(keeper), import_id=roster.pk)
    print(json.dumps({"university": keeper.organization_id, "job": job.pk}))  # noqa: T201  # read by the test
