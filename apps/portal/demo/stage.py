"""Where the story is played: the people and organizations by name, and the short ways to let them act."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.hashers import make_password
from django.utils import timezone, translation

from apps.accounts.models import User
from apps.agreements.models import Agreement
from apps.agreements.policies import can_edit
from apps.agreements.services import agreement_draft, agreement_submit
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
from .signing import WRITTEN_BEFORE, clauses, newest, sign_here, sign_on_paper

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

    def draft(self, drafter: str, *parties: str, purpose: str, days: tuple[int, int], **values: Any) -> Agreement:
        """A draft of this person's organization with these; its text is the mode's."""
        return agreement_draft(
            self.actor(drafter),
            clauses=clauses(values["mode"], purpose),
            starts_on=self.day(days[0]),
            ends_on=self.day(days[1]),
            party_ids=[self.organizations[key].pk for key in parties],
            **values,
        )

    def conclude(self, agreement: Agreement, *signed_by: str) -> None:
        """Submit a draft and have these people sign; on paper, before its first day, when that lies in the past."""
        actors = [self.actor(mail) for mail in signed_by]
        keeper = next(actor for actor in self.actors.values() if can_edit(actor, newest(agreement.pk)))
        with translation.override("zh-hans"):
            agreement_submit(keeper, agreement_id=agreement.pk)
            if agreement.starts_on >= self.today:
                sign_here(agreement.pk, actors)
            else:
                names = {self.members[mail].organization_id: self.members[mail].user.name for mail in signed_by}
                witnesses = [actor for actor in actors if actor.organization_id != keeper.organization_id]
                day = agreement.starts_on - timedelta(days=WRITTEN_BEFORE)
                sign_on_paper(agreement.pk, keeper, witnesses, day, names)
        agreement.refresh_from_db()

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
