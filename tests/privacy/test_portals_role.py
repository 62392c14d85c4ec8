"""Erasure and retention need no more than the portal's own role may do, which adds to history and changes none of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.database_role import grant_application_role
from apps.privacy.services import erasure_carry_out, retention_apply
from tests.audit.test_database_role import ROLE, as_portal
from tests.factories.organizations import SYSTEM
from tests.privacy.people import GONE, full_student
from tests.privacy.test_erasures import CONTRACT, tables_with

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        settings.DATABASES["default"]["USER"] == ROLE, reason="needs a role beside the owner: make test"
    ),
]


def test_the_portals_role_erases_and_keeps_periods(caplog: pytest.LogCaptureFixture) -> None:
    _world, person = full_student()
    grant_application_role(ROLE)
    with as_portal():
        erasure_carry_out(SYSTEM, person_id=person.pk)
        retention_apply(SYSTEM, now=timezone.now() + timedelta(days=3650))
    assert User.objects.get(pk=person.pk).erased_at is not None
    assert tables_with(GONE) == CONTRACT
    assert [record.message for record in caplog.records if "retention" in record.message] == []
