"""Where the story is played: the people and organizations by name, and the short ways to let them act."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from apps.accounts.models import User
from apps.agreements.models import Agreement
from apps.agreements.services import agreement_draft, agreement_sign, agreement_submit
from apps.core.actor import Actor
from apps.core.services import save_valid
from apps.organizations.models import Membership, Organization, Role
from apps.organizations.principal import actor_for
from apps.organizations.services import membership_start, organization_create
from apps.placements.models import Journal, Placement
from apps.placements.services import journal_answer, journal_submit, progress_log_record
from apps.universities.services import programme_create, student_profile_set
from apps.vocational_groups.models import GroupMember

from . import texts
from .cast import (
    GROUP_MEMBERS,
    PARTIES,
    PASSWORD,
    PEOPLE,
    PROGRAMMES,
    STAFF_EMAIL,
    STAFF_NAME,
    WITH_SECOND_FACTOR,
    Person,
    totp_secret,
)

SYSTEM = Actor.system("seed_demo")


class Stage:
    """Everybody on stage. ``actor("ma.tiejun")`` acts as that person; days are given by their distance from today."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)  # noqa: S311  # chance must repeat
        self.today = timezone.localdate()
        self.organizations = {party.key: _organization(*party[1:]) for party in PARTIES}
        # One hash for all: hashing is made to be slow, and everybody's password is the same.
        self.password = make_password(PASSWORD)
        self._person(STAFF_EMAIL, STAFF_NAME, second_factor=True, is_staff=True, is_superuser=True)
        self.members = {person.mail: self._join(number, person) for number, person in enumerate(PEOPLE, 1)}
        for key in GROUP_MEMBERS:
            joined_on = self.day(-400)
            group, organization = self.organizations["group"], self.organizations[key]
            save_valid(GroupMember(group=group, organization=organization, joined_on=joined_on))
        # One person with two memberships, so that there is something to switch between.
        membership_start(
            SYSTEM,
            organization_id=self.organizations["group"].pk,
            user_id=self.members["zhou.min"].user_id,
            role=Role.OBSERVER,
            title="理事",
        )
        self.actors: dict[str, Actor] = {}

    def _person(self, email: str, name: str, *, second_factor: bool, **fields: bool) -> User:
        user = User.objects.create_user(email, None, name=name, email_verified=True, **fields)
        user.password = self.password
        user.save(update_fields=["password"])
        if second_factor:
            TOTP.activate(user, totp_secret(email))
        return user

    def newcomer(self, email: str, name: str) -> User:
        """Somebody who belongs to no organization."""
        return self._person(email, name, second_factor=False)

    def _join(self, number: int, person: Person) -> Membership:
        user = self._person(person.email, person.name, second_factor=person.role in WITH_SECOND_FACTOR)
        membership = membership_start(
            SYSTEM,
            organization_id=self.organizations[person.party].pk,
            user_id=user.pk,
            role=person.role,
            title=person.title,
        )
        if person.role == Role.STUDENT:
            year = self.today.year - 3
            programme = programme_create(
                SYSTEM, university_id=membership.organization_id, name=PROGRAMMES[person.party]
            )
            student_profile_set(
                SYSTEM,
                membership_id=membership.pk,
                student_number=f"{year}{number:06d}",
                programme_id=programme.pk,
                entry_year=year,
            )
        return membership

    def day(self, distance: int) -> date:
        return self.today + timedelta(days=distance)

    def actor(self, mail: str) -> Actor:
        if mail not in self.actors:
            member = self.members[mail]
            self.actors[mail] = replace(actor_for(member.user_id, member.pk), confirmed=True)
        return self.actors[mail]

    def agreement(
        self, drafter: str, *parties: str, signed_by: tuple[str, ...] | None = (), **values: Any
    ) -> Agreement:
        """Drafted by a person with these organizations; signed by ``signed_by``, or left a draft when that is ``None``."""
        starts, ends = values.pop("days")
        field, field_en = values.pop("field")
        agreement = agreement_draft(
            self.actor(drafter),
            content=texts.AGREEMENT.format(field=field, field_en=field_en),
            starts_on=self.day(starts),
            ends_on=self.day(ends),
            party_ids=[self.organizations[key].pk for key in parties],
            **values,
        )
        if signed_by is None:
            return agreement
        agreement = agreement_submit(self.actor(drafter), agreement_id=agreement.pk)
        for mail in signed_by:
            agreement_sign(self.actor(mail), agreement_id=agreement.pk, content_hash=agreement.content_hash)
        return Agreement.objects.get(pk=agreement.pk)

    def log_days(self, placement: Placement, tutor: str, kind: str, *, until: int = -1) -> None:
        """The tutor logs the working days from the first to the day at ``until``; one in ten is forgotten."""
        day = placement.starts_on
        while day <= min(self.day(until), placement.ends_on):
            if day.isoweekday() <= 5 and self.dice.random() > 0.1:
                progress_log_record(
                    self.actor(tutor),
                    placement_id=placement.pk,
                    worked_on=day,
                    hours=Decimal(self.dice.choice(["6.5", "7", "7.5", "8", "8", "8.5"])),
                    tasks=self.dice.choice(texts.TASKS[kind]),
                    rating=self.dice.choice([3, 4, 4, 4, 5, 5]),
                    note=self.dice.choice(texts.NOTES),
                )
            day += timedelta(days=1)

    def write_journals(self, placement: Placement, student: str, *, missing: tuple[int, ...] = (0,)) -> list[Journal]:
        """A journal for every week since the start, but not for those so many weeks ago."""
        journals = []
        this_week = self.today - timedelta(days=self.today.weekday())
        week = placement.starts_on - timedelta(days=placement.starts_on.weekday())
        while week <= this_week:
            if (this_week - week).days // 7 not in missing:
                journal = journal_submit(
                    self.actor(student),
                    placement_id=placement.pk,
                    week_of=week,
                    work_done=self.dice.choice(texts.WORK),
                    learnt=self.dice.choice(texts.LEARNT),
                    reflection=self.dice.choice(texts.REFLECTION),
                )
                journals.append(journal)
            week += timedelta(days=7)
        return journals

    def answer(self, journals: list[Journal], tutor: str, side: str) -> None:
        for journal in journals:
            text = self.dice.choice(texts.ANSWERS[side])
            journal_answer(self.actor(tutor), journal_id=journal.pk, text=text)


def _organization(kind: str, code: str, name: str, name_en: str, region: str | None, country: str) -> Organization:
    return organization_create(
        SYSTEM, kind=kind, code=code, name=name, name_en=name_en, region_code=region, country=country
    )
