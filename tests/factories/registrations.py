"""Registrations and invitations, made by the portal's own services."""

from __future__ import annotations

import re
from itertools import count
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from stdnum.cn import uscc

from apps.accounts.models import QueuedMail, User
from apps.core.actor import Actor
from apps.organizations.models import Invitation, Membership, Organization, Registration
from apps.organizations.services import invitation_create, registration_submit

from .organizations import actor_as, make_person, make_region

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
_number = count(1)


def make_code() -> str:
    """A unified social credit code with the right check character."""
    body = f"9132050{next(_number):010d}"
    return body + uscc.calc_check_digit(body)


def certificate(name: str = "license.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, PDF, "application/pdf")


def registration_values(**values: Any) -> dict[str, Any]:
    return {
        "kind": Organization.Kind.ENTERPRISE,
        "country": "CN",
        "code": make_code(),
        "name": "太湖精工有限公司",
        "region_code": make_region().code,
        "evidence": certificate(),
    } | values


def make_registration(applicant: User | None = None, **values: Any) -> Registration:
    actor = Actor(user_id=(applicant or make_person()).pk)
    return registration_submit(actor, **registration_values(**values))


def make_staff() -> User:
    staff = make_person()
    staff.is_staff = True
    staff.save()
    return staff


def staff_actor(user: User | None = None) -> Actor:
    return Actor(user_id=(user or make_staff()).pk, is_staff=True)


def make_invitation(administrator: Membership, email: str, **values: Any) -> Invitation:
    return invitation_create(actor_as(administrator), **{"email": email, "role": "tutor"} | values)


def key_in_mail(email: str) -> str:
    """The key that the last queued mail to this address carries."""
    body = QueuedMail.objects.filter(to=email).latest("pk").body
    found = re.search(r"/invitations/open/([\w-]+)/", body)
    assert found, body
    return found[1]


def guest_list(text: str = "e-mail,role\nnewcomer@example.org,tutor\n", name: str = "people.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode(), "text/csv")
