from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.organizations.models import Organization
from apps.organizations.tokens import token_create
from apps.universities.models import UniversityProfile
from tests.factories.agreements import make_in_force
from tests.factories.chain import make_student
from tests.factories.organizations import (
    SYSTEM,
    make_enterprise,
    make_member,
    make_organization,
    make_university,
    sign_in_person,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Client:
    browser = Client()
    user = User.objects.create_superuser("staff@example.org", "correct horse battery", name="Staff")
    sign_in_person(browser, user)
    return browser


@pytest.mark.parametrize(
    "model", [model for model in admin.site._registry if model.__module__.startswith("apps.")], ids=str
)
def test_admin_lists_and_searches_every_model(model: Any, staff: Client) -> None:
    school = make_university()
    UniversityProfile.objects.create(organization=school, level="vocational", department="x")
    make_in_force(make_member(school), make_member(make_enterprise()))
    make_student(school)
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    assert staff.get(url).status_code == 200
    if admin.site._registry[model].search_fields:
        assert staff.get(url, {"q": "a"}).status_code == 200


def test_admin_revokes_tokens_and_records_who_did(staff: Client) -> None:
    token, _secret = token_create(SYSTEM, membership_id=make_member(make_university()).pk, name="x", scope="read")
    data = {"action": "revoke", "_selected_action": [token.pk]}
    staff.post(reverse("admin:organizations_apitoken_changelist"), data)
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert User.objects.get(email="staff@example.org").logentry_set.count() == 1


def test_admin_adds_a_member_to_a_group_and_never_deletes_one(staff: Client) -> None:
    group, school = make_organization(Organization.Kind.VOCATIONAL_GROUP), make_university()
    url = reverse("admin:vocational_groups_groupmember_add")
    data = {"group": group.pk, "organization": school.pk, "joined_on": "2026-01-01"}
    assert staff.post(url, data).status_code == 302
    assert group.group_members.get().organization == school
    twice = staff.post(url, data)
    assert "belongs to the group already" in twice.content.decode()
    row = reverse("admin:vocational_groups_groupmember_delete", args=[group.group_members.get().pk])
    assert staff.post(row).status_code == 403
