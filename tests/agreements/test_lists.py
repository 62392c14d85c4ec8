"""The list of agreements: who has not signed since when, filters, files, and what it costs."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from apps.agreements.models import Agreement, AgreementVersion, Signer
from apps.agreements.services import signature_confirm_paper, signature_record_paper
from apps.organizations.models import Membership, Role
from apps.portal.queue import queue_of
from tests.factories.agreements import make_in_force, make_submitted, open_version, sign, signer_of
from tests.factories.chain import make_student, make_tri_party, make_world
from tests.factories.organizations import actor_as, make_enterprise, make_member, make_university, sign_in

pytestmark = pytest.mark.django_db
URL = reverse("agreements:agreement_list")


@pytest.fixture
def school() -> Membership:
    return make_member(make_university())


@pytest.fixture
def firm() -> Membership:
    return make_member(make_enterprise())


def browser(member: Membership) -> Client:
    client = Client()
    sign_in(client, member)
    return client


def rows(member: Membership, **query: Any) -> list[Agreement]:
    found: list[Agreement] = browser(member).get(URL, query).context["page"].rows
    return found


def test_list_says_who_has_not_signed_and_since_when(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    sign(agreement, school)
    AgreementVersion.objects.update(submitted_at=timezone.now() - timedelta(days=9))
    [row] = rows(school)
    assert (row.missing.who, row.missing.days, row.missing.tone) == ([str(firm.organization)], 9, "warning")  # type: ignore[attr-defined]
    assert "9 days" in browser(firm).get(URL).content.decode()
    sign(agreement, firm)
    [row] = rows(school)
    assert row.missing is None  # type: ignore[attr-defined]


def test_later_turn_waits_since_the_earlier_has_signed(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    Signer.objects.filter(party__organization=firm.organization).update(order=2)
    AgreementVersion.objects.update(submitted_at=timezone.now() - timedelta(days=9))
    assert [row.missing.who for row in rows(firm)] == [[str(school.organization)]]  # type: ignore[attr-defined]
    assert rows(firm, signature="mine") == []
    assert rows(firm, signature="others") == [agreement]
    assert rows(school, signature="mine") == [agreement]


@pytest.mark.parametrize("query", [{"state": "draft"}, {"ends": "never"}, {"framework": "x"}, {"mode": "nothing"}])
def test_strange_filters_break_nothing(query: dict[str, str], school: Membership, firm: Membership) -> None:
    make_in_force(school, firm)
    assert browser(school).get(URL, query).status_code == 200


def test_who_is_named_is_asked_and_nobody_else(school: Membership, firm: Membership) -> None:
    agreement, colleague = make_submitted(school, firm), make_member(firm.organization)
    asked = lambda member: AgreementVersion.objects.asked_of(actor_as(member)).exists()  # noqa: E731
    assert (asked(firm), asked(colleague)) == (True, True)
    signer = Signer.objects.filter(party__organization=firm.organization)
    signer.update(membership=firm)
    assert (asked(firm), asked(colleague)) == (True, False)
    signer.update(deputy=colleague)
    assert asked(colleague)
    signer.update(membership=None, deputy=None, name="Somebody", email="somebody@example.org")
    assert not asked(firm)
    assert not asked(make_member(firm.organization, Role.OBSERVER))
    assert agreement.versions.get() == open_version(agreement)


def test_student_finds_their_own_and_is_asked_to_sign() -> None:
    world = make_world()
    student, other = make_student(world.university), make_student(world.university)
    agreement = make_tri_party(world, student)
    assert rows(student) == [agreement]
    assert rows(other) == []
    version = agreement.versions.get()
    party = agreement.parties.get(student=student)
    Signer.objects.create(version=version, party=party, capacity="student", membership=student)
    AgreementVersion.objects.filter(pk=version.pk).update(state="awaiting_signatures")
    sign_url = reverse("agreements:agreement_sign", args=[agreement.pk])
    assert sign_url in [item.url for item in queue_of(actor_as(student))]
    assert sign_url not in [item.url for item in queue_of(actor_as(other))]


def test_files_hold_what_the_filters_leave(school: Membership, firm: Membership) -> None:
    make_in_force(school, firm, title="=cmd|calc")
    make_submitted(school, firm, title="Waits")
    client = browser(school)
    answer = client.get(URL, {"format": "csv", "state": "in_force"})
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 2
    assert "'=cmd|calc" in lines[1]
    answer = client.get(URL, {"format": "xlsx"})
    sheet = load_workbook(BytesIO(b"".join(answer.streaming_content))).active  # type: ignore[attr-defined]
    assert [row[1].value for row in sheet.iter_rows(min_row=2)] == ["'=cmd|calc", "Waits"]
    assert sheet["I3"].value.split("; ") == [str(school.organization), str(firm.organization)]
    assert client.get(URL, {"format": "pdf"}).status_code == 404
    assert browser(make_member(school.organization, Role.TUTOR)).get(URL, {"format": "csv"}).status_code == 403


@pytest.mark.parametrize("number", [1, 4])
def test_list_costs_the_same_at_any_length(
    number: int, school: Membership, firm: Membership, django_assert_num_queries: Any
) -> None:
    for _row in range(number):
        make_submitted(school, firm)
    client = browser(school)
    client.get(URL)
    with django_assert_num_queries(13):
        assert client.get(URL).status_code == 200


def test_what_is_asked_of_whom_uses_indexes(school: Membership, firm: Membership) -> None:
    """No table grows into the query of the home page: signers, versions and signatures are found by index."""
    make_submitted(school, firm)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        asked = AgreementVersion.objects.visible_to(actor_as(firm)).asked_of(actor_as(firm))
        plan = asked.explain()
    for table in ("agreements_signer", "agreements_signature", "agreements_agreementversion"):
        assert f"Seq Scan on {table} " not in plan, plan


def test_paper_waits_for_who_confirms_it(school: Membership, firm: Membership) -> None:
    """The party whose signature it is; where that one recorded it, another."""
    agreement = make_submitted(school, firm)
    page = reverse("agreements:agreement_detail", args=[agreement.pk])
    for signer, keeper, confirms in ((firm, school, firm), (school, school, firm)):
        scan = ContentFile(b"%PDF-1.4", name="scan.pdf")
        signature = signature_record_paper(
            actor_as(keeper),
            signer_id=signer_of(agreement, signer.organization_id).pk,
            name=signer.user.name,
            signed_on=timezone.localdate(),
            scan=scan,
            sha256="0" * 64,
        )
        asked = {member for member in (school, firm) if page in [item.url for item in queue_of(actor_as(member))]}
        assert asked == {confirms}
        signature_confirm_paper(actor_as(confirms), signature_id=signature.pk)
    assert page not in [item.url for item in queue_of(actor_as(firm))]
