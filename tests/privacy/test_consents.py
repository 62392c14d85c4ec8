"""Consent by purpose and version: given, withdrawn, asked again, provable."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.db.utils import InternalError
from django.urls import reverse
from django.utils import timezone, translation

from apps.core.errors import NotAllowed, NotFound, WrongState
from apps.privacy.models import Consent, ConsentText, Purpose
from apps.privacy.services import consent_give, consent_given, consent_text_publish, consent_withdraw
from apps.privacy.services.consents import publish_texts
from apps.privacy.texts import WORDINGS
from tests.factories.chain import make_student
from tests.factories.organizations import SYSTEM, actor_as, make_university, rest_client, session_client
from tests.privacy.people import birthday
from tests.support.queries import SHELL

pytestmark = pytest.mark.django_db
PHOTO = Purpose.PHOTO


def text_of(purpose: str) -> ConsentText:
    return ConsentText.objects.get(purpose=purpose, superseded_at=None)


def new_version(purpose: str) -> ConsentText:
    wording = WORDINGS[purpose]._replace(version=2, body_en="New words", body_zh="新的文字")
    return consent_text_publish(SYSTEM, purpose=purpose, wording=wording)


def test_purpose_is_off_until_given_and_after_withdrawal() -> None:
    student = make_student(make_university())
    assert not consent_given(student.user_id, PHOTO)
    consent = consent_give(actor_as(student), text_id=text_of(PHOTO).pk)
    assert consent_given(student.user_id, PHOTO)
    assert not consent_given(student.user_id, Purpose.STATISTICS)
    assert not consent_given(make_student(student.organization).user_id, PHOTO)
    assert consent_give(actor_as(student), text_id=text_of(PHOTO).pk) == consent
    withdrawn = consent_withdraw(actor_as(student), consent_id=consent.pk)
    assert not consent_given(student.user_id, PHOTO)
    assert consent_withdraw(actor_as(student), consent_id=consent.pk).withdrawn_at == withdrawn.withdrawn_at
    consent_give(actor_as(student), text_id=text_of(PHOTO).pk)
    assert Consent.objects.count() == 2


def test_new_version_asks_again_and_the_old_one_can_be_read() -> None:
    student = make_student(make_university())
    old = text_of(PHOTO)
    consent_give(actor_as(student), text_id=old.pk)
    new = new_version(PHOTO)
    assert not consent_given(student.user_id, PHOTO)
    with pytest.raises(WrongState, match="changed in the meantime"):
        consent_give(actor_as(student), text_id=old.pk)
    consent_give(actor_as(student), text_id=new.pk)
    assert consent_given(student.user_id, PHOTO)
    assert Consent.objects.get(text=old).text.body_en == WORDINGS[PHOTO].body_en


def test_published_text_cannot_be_changed() -> None:
    for field, value in (("body_zh", "x"), ("title_en", "x"), ("version", 9), ("published_at", timezone.now())):
        with pytest.raises(InternalError, match="Cannot update"), transaction.atomic():
            ConsentText.objects.filter(pk=text_of(PHOTO).pk).update(**{field: value})


def test_texts_of_the_code_are_published_once() -> None:
    before = list(ConsentText.objects.order_by("pk").values())
    assert {text["purpose"] for text in before} == set(Purpose.values)
    publish_texts()
    assert list(ConsentText.objects.order_by("pk").values()) == before


def test_text_is_read_in_the_language_of_the_reader() -> None:
    with translation.override("zh-hans"):
        assert text_of(PHOTO).title == "使用我的照片"
    with translation.override("en"):
        assert text_of(PHOTO).title == "Use photos of me"


def test_nobody_withdraws_or_gives_for_another() -> None:
    student = make_student(make_university())
    consent = consent_give(actor_as(student), text_id=text_of(PHOTO).pk)
    with pytest.raises(NotFound):
        consent_withdraw(actor_as(make_student(student.organization)), consent_id=consent.pk)
    with pytest.raises(NotFound):
        consent_give(actor_as(student), text_id=text_of(Purpose.UNDER_14).pk)


@pytest.mark.parametrize(("days", "allowed"), [(1, False), (0, True), (-1, True)])
def test_from_the_14th_birthday_on_a_person_decides_alone(days: int, allowed: bool) -> None:
    student = make_student(make_university())
    actor = actor_as(student)
    student.user.birth_date = birthday(14, days)
    student.user.save()
    if allowed:
        assert consent_give(actor, text_id=text_of(PHOTO).pk).guardian is None
    else:
        with pytest.raises(NotAllowed, match="guardian decides"):
            consent_give(actor, text_id=text_of(PHOTO).pk)


def test_page_gives_and_withdraws(as_member: Any, django_assert_num_queries: Any) -> None:
    student = make_student(make_university())
    browser = as_member(student)
    url = reverse("privacy:consent_list")
    with django_assert_num_queries(SHELL + 3):
        assert browser.get(url).content.count(b"I agree") == 3
    for purpose in Purpose.optional():
        browser.post(reverse("privacy:consent_give", args=[text_of(purpose).pk]))
    assert b"You have agreed" in browser.get(url).content
    with django_assert_num_queries(SHELL + 3):
        assert b"I agree" not in browser.get(url).content
    browser.post(reverse("privacy:consent_withdraw", args=[Consent.objects.get(text__purpose=PHOTO).pk]))
    assert not consent_given(student.user_id, PHOTO)


def test_api_gives_and_withdraws_for_a_person_and_not_for_a_token() -> None:
    student = make_student(make_university())
    token, session = rest_client(student), session_client(student)
    body = {"text": text_of(PHOTO).pk}
    assert token.post("/api/v1/consents/", body).status_code == 403
    assert not Consent.objects.exists()
    response = session.post("/api/v1/consents/", body)
    assert response.status_code == 201, response.content
    assert response.json()["is_current"] is True
    pk = response.json()["id"]
    assert token.post(f"/api/v1/consents/{pk}/withdraw/").status_code == 403
    assert session.post(f"/api/v1/consents/{pk}/withdraw/").json()["is_current"] is False
    assert len(token.get("/api/v1/consents/").json()["results"]) == 1
    assert rest_client(make_student(student.organization)).get(f"/api/v1/consents/{pk}/").status_code == 404
    assert session.post("/api/v1/consents/", {"text": "x"}).json()["errors"].keys() == {"text"}
    assert {line["what"] for line in token.get("/api/v1/own-data/").json()} >= {"Account", "consents"}
