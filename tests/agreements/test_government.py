from __future__ import annotations

import pytest

from apps.agreements.models import Agreement, AgreementVersion
from apps.organizations.models import Organization
from tests.factories.agreements import make_draft, make_in_force, make_submitted, sign
from tests.factories.organizations import (
    actor_as,
    make_enterprise,
    make_member,
    make_organization,
    make_region,
    make_university,
)

pytestmark = pytest.mark.django_db


def test_government_signs_as_a_party_and_supervises_what_is_signed_in_its_region() -> None:
    officer = make_member(make_organization(Organization.Kind.GOVERNMENT, region_code="320500"))
    school, firm = make_member(make_university()), make_member(make_enterprise())
    nanjing = make_region("320100", "南京市").code
    elsewhere = make_member(make_university(region_code=nanjing)), make_member(make_enterprise(region_code=nanjing))
    make_draft(school, officer, mode="funding")
    make_submitted(school, firm)
    make_in_force(*elsewhere)
    supervised, own = make_in_force(school, firm), make_submitted(school, officer, mode="funding")
    assert set(Agreement.objects.visible_to(actor_as(officer))) == {supervised, own}
    sign(own, officer)
    assert {row.agreement for row in AgreementVersion.objects.visible_to(actor_as(officer))} == {supervised, own}
