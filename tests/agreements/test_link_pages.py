"""The page that a one-time link opens: read, sign or refuse, without an account."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import QueuedMail
from apps.agreements.models import Agreement, AgreementVersion, Signature, Signer, SigningLink
from apps.agreements.services import (
    Slot,
    agreement_recall,
    agreement_submit,
    attachment_add,
    signer_replace,
    signers_set,
    version_revise,
)
from apps.organizations.models import Membership
from tests.factories.agreements import make_draft, make_submitted, open_version, sign, signer_of
from tests.factories.organizations import actor_as, make_enterprise, make_member, make_university

pytestmark = pytest.mark.django_db
NAME = "李建国"


@pytest.fixture
def school() -> Membership:
    return make_member(make_university())


@pytest.fixture
def firm() -> Membership:
    return make_member(make_enterprise())


def last_key() -> str:
    """The key in the newest mail."""
    found = re.findall(r"/link/([\w-]+)/", QueuedMail.objects.order_by("-pk")[0].body)
    return str(found[-1])


def ask_by_link(agreement: Agreement, firm: Membership) -> str:
    """Have the firm's legal representative sign by a link; the key."""
    signer = signer_of(agreement, firm.organization_id)
    signer_replace(actor_as(firm), signer_id=signer.pk, name=NAME, email="li@example.org")
    return last_key()


def at(key: str) -> str:
    return reverse("agreements:link_sign", args=[key])


def answer(key: str, **values: str) -> Any:
    page = Client().get(at(key))
    data = {"content_hash": page.context["content_hash"], "name": NAME, "agree": "on"} | values
    return Client(headers={"User-Agent": "A phone"}).post(at(key), data)


def test_holder_reads_and_signs_once(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    key = ask_by_link(agreement, firm)
    page = Client().get(at(key))
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    assert "What is agreed on" in page.content.decode()
    assert answer(key).status_code == 302
    signature = Signature.objects.get()
    assert (signature.name, signature.method, signature.address) == (NAME, Signature.Method.LINK, "127.0.0.1")
    assert (signature.agent, signature.membership_id) == ("A phone", None)
    after = Client().get(at(key))
    assert after.status_code == 200
    assert "you have signed" in after.content.decode()
    assert "What is agreed on" not in after.content.decode()
    assert Client().post(at(key), {"content_hash": "0" * 64, "name": NAME, "agree": "on"}).status_code == 409
    assert Signature.objects.count() == 1
    sign(agreement, school)
    assert Agreement.objects.get().state == Agreement.State.IN_FORCE


def test_spaces_and_case_of_the_name_do_not_matter(school: Membership, firm: Membership) -> None:
    key = ask_by_link(make_submitted(school, firm), firm)
    assert answer(key, name=" 李 建国 ").status_code == 302


@pytest.mark.parametrize("wrong", [{"name": "Somebody"}, {"name": ""}, {"agree": ""}])
def test_wrong_answers_are_told_and_sign_nothing(wrong: dict[str, str], school: Membership, firm: Membership) -> None:
    key = ask_by_link(make_submitted(school, firm), firm)
    response = answer(key, **wrong)
    assert response.status_code == 422
    assert "error-summary" in response.content.decode()
    assert not Signature.objects.exists()
    assert answer(key).status_code == 302


def test_holder_refuses_with_a_reason(school: Membership, firm: Membership, as_member: Any) -> None:
    agreement = make_submitted(school, firm)
    key = ask_by_link(agreement, firm)
    assert answer(key, refuse="1").status_code == 422
    assert answer(key, **{"refuse": "1", "refuse-reason": "The board is against it."}).status_code == 302
    assert open_version(agreement).state == AgreementVersion.State.REFUSED
    assert "You have refused" in Client().get(at(key)).content.decode()
    page = as_member(school).get(reverse("agreements:agreement_detail", args=[agreement.pk]))
    assert "The board is against it." in page.content.decode()


def test_link_is_useless_after_a_change_and_a_new_one_comes(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    old = ask_by_link(agreement, firm)
    shown = Client().get(at(old)).context["content_hash"]
    agreement_recall(actor_as(school), agreement_id=agreement.pk, reason="A mistake")
    assert "opens nothing any more" in Client().get(at(old)).content.decode()
    version_revise(
        actor_as(school), version_id=open_version(agreement).pk, expected_revision=None, title="Another title"
    )
    agreement_submit(actor_as(school), agreement_id=agreement.pk)
    new = last_key()
    assert new != old
    assert Client().post(at(old), {"content_hash": shown, "name": NAME, "agree": "on"}).status_code == 409
    page = Client().post(at(new), {"content_hash": shown, "name": NAME, "agree": "on"})
    assert page.status_code == 409
    assert "<ins>Another title</ins>" in page.content.decode()
    assert not Signature.objects.exists()
    assert answer(new).status_code == 302


def test_later_link_replaces_the_earlier(school: Membership, firm: Membership, as_member: Any) -> None:
    agreement = make_submitted(school, firm)
    old = ask_by_link(agreement, firm)
    signer = signer_of(agreement, firm.organization_id)
    url = reverse("agreements:link_again", args=[signer.pk])
    stranger = make_member(make_enterprise())
    assert as_member(stranger).post(url).status_code == 404
    assert as_member(school).post(url).status_code == 302
    assert "opens nothing any more" in Client().get(at(old)).content.decode()
    assert Client().get(at(last_key())).status_code == 200


def test_expired_link_opens_a_kind_page(school: Membership, firm: Membership) -> None:
    key = ask_by_link(make_submitted(school, firm), firm)
    SigningLink.objects.update(expires_at=timezone.now())
    assert "opens nothing any more" in Client().get(at(key)).content.decode()


def test_link_of_a_signer_who_was_replaced_shows_nothing(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    key = ask_by_link(agreement, firm)
    signer_replace(actor_as(firm), signer_id=signer_of(agreement, firm.organization_id).pk, membership_id=firm.pk)
    page = Client().get(at(key)).content.decode()
    assert "opens nothing any more" in page
    assert agreement.title not in page


def test_unknown_links_are_not_found_and_those_who_try_many_wait(
    school: Membership, firm: Membership, settings: Any
) -> None:
    settings.FAILURES_PER_ADDRESS = 3
    key = ask_by_link(make_submitted(school, firm), firm)
    for number in range(3):
        assert Client().get(at(f"unknown{number}")).status_code == 404
        assert Client().get(at(key)).status_code == (200 if number < 2 else 429)
    assert Client().get(at("unknown")).status_code == 429
    assert Client(REMOTE_ADDR="192.0.2.7").get(at(key)).status_code == 200


def test_answers_to_one_link_are_limited(school: Membership, firm: Membership) -> None:
    key = ask_by_link(make_submitted(school, firm), firm)
    shown = Client().get(at(key)).context["content_hash"]
    data = {"content_hash": shown, "name": "A guess", "agree": "on"}
    answers = [Client(REMOTE_ADDR=f"192.0.2.{number}").post(at(key), data).status_code for number in range(21)]
    assert answers == [422] * 20 + [429]


def test_holder_reads_the_attachments_of_the_own_part_alone(school: Membership, firm: Membership) -> None:
    other = make_member(make_enterprise())
    agreement = make_draft(school, firm, other)
    parties = {member: signer_of(agreement, member.organization_id).party_id for member in (school, firm, other)}
    files = {}
    for name, concerns in (("all", ()), ("own", (parties[firm],)), ("others", (parties[other],))):
        version = attachment_add(
            actor_as(school),
            version_id=open_version(agreement).pk,
            expected_revision=None,
            file=ContentFile(b"%PDF-1.4", f"{name}.pdf"),
            sha256="a" * 64,
            concerns=concerns,
        )
        files[name] = version.said.attachments[-1].file
    agreement_submit(actor_as(school), agreement_id=agreement.pk)
    key = ask_by_link(agreement, firm)
    page = Client().get(at(key)).content.decode()
    assert "own.pdf" in page
    assert "others.pdf" not in page
    expected = {"all": 200, "own": 200, "others": 404}
    for name, status in expected.items():
        response = Client().get(reverse("agreements:link_file", args=[key, files[name]]))
        assert response.status_code == status
        if status == 200:
            assert response.getvalue() == b"%PDF-1.4"
    answer(key)
    assert Client().get(reverse("agreements:link_file", args=[key, files["all"]])).status_code == 404


def test_link_comes_when_the_turn_comes(school: Membership, firm: Membership) -> None:
    agreement = make_draft(firm, school)
    own, other = (signer_of(agreement, member.organization_id).party_id for member in (firm, school))
    slots = [Slot(other, order=1), Slot(own, Signer.Capacity.LEGAL, 2, name=NAME, email="li@example.org")]
    version = open_version(agreement)
    signers_set(actor_as(firm), version_id=version.pk, expected_revision=None, slots=slots)
    agreement_submit(actor_as(firm), agreement_id=agreement.pk)
    assert not SigningLink.objects.exists()
    sign(agreement, school)
    assert answer(last_key()).status_code == 302
    assert Agreement.objects.get().state == Agreement.State.IN_FORCE
