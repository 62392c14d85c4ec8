"""Single entries of the roster; many at once come by an import."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from apps.core.actor import Actor
from apps.core.services import fetch, fetch_locked, save_valid, service
from apps.organizations.models import Membership, Organization, Role

from ..identity import document_number, resident_number
from ..models import Programme, SchoolClass, StudentProfile, TeacherProfile
from ..policies import can_keep_roster


@service
def programme_create(actor: Actor, *, university_id: int, name: str, code: str = "", name_en: str = "") -> Programme:
    """The university's programme of this name; a repeat returns the one that is there, as it is."""
    university = _own_university(actor, university_id)
    present = Programme.objects.filter(university=university, name=name).first()
    if present:
        return present
    programme = Programme(university=university, code=code, name=name, name_en=name_en)
    save_valid(programme)
    return programme


@service
def school_class_create(actor: Actor, *, programme_id: int, name: str, entry_year: int) -> SchoolClass:
    """The programme's class of this name; a repeat returns the one that is there, as it is."""
    can_keep_roster(actor).require()
    programme = fetch(Programme.objects.visible_to(actor), pk=programme_id)
    present = SchoolClass.objects.filter(programme=programme, name=name).first()
    if present:
        return present
    school_class = SchoolClass(
        university_id=programme.university_id, programme=programme, name=name, entry_year=entry_year
    )
    save_valid(school_class)
    return school_class


@service
def student_profile_set(
    actor: Actor,
    *,
    membership_id: int,
    student_number: str,
    programme_id: int,
    entry_year: int,
    school_class_id: int | None = None,
    identity_kind: str = "",
    identity: str = "",
) -> StudentProfile:
    """What the university knows of a student becomes exactly this; a repeat changes nothing.

    A resident identity number sets the birth date of the person. ``ValidationError`` when the number is not valid, differs
    from the birth date that is known, or belongs to another student of the university.
    """
    can_keep_roster(actor).require()
    members = Membership.objects.visible_to(actor).filter(role=Role.STUDENT).select_related("user")
    membership = fetch_locked(members, pk=membership_id)
    own = {"university_id": membership.organization_id}
    profile = StudentProfile.objects.filter(pk=membership.pk).first() or StudentProfile(membership=membership, **own)
    profile.student_number = student_number
    profile.programme = fetch(Programme.objects.filter(**own), pk=programme_id)
    profile.school_class = None
    if school_class_id is not None:
        profile.school_class = fetch(SchoolClass.objects.filter(**own, programme=programme_id), pk=school_class_id)
    profile.entry_year = entry_year
    number, birthday = _checked_identity(identity_kind, identity)
    profile.seal_identity(identity_kind, number)
    save_valid(profile)
    if birthday is not None:
        _know_birthday(membership, birthday)
    return profile


@service
def teacher_profile_set(actor: Actor, *, membership_id: int, staff_number: str) -> TeacherProfile:
    """The staff number of a tutor of the university becomes this; a repeat changes nothing."""
    can_keep_roster(actor).require()
    membership = fetch_locked(Membership.objects.visible_to(actor).filter(role=Role.TUTOR), pk=membership_id)
    own = {"membership": membership, "university_id": membership.organization_id}
    profile = TeacherProfile.objects.filter(pk=membership.pk).first() or TeacherProfile(**own)
    profile.staff_number = staff_number
    save_valid(profile)
    return profile


def _own_university(actor: Actor, university_id: int) -> Organization:
    can_keep_roster(actor).require()
    universities = Organization.objects.filter(kind=Organization.Kind.UNIVERSITY)
    return fetch(universities if actor.is_system else universities.filter(pk=actor.organization_id), pk=university_id)


def _checked_identity(kind: str, text: str) -> tuple[str, date | None]:
    if not text:
        return "", None
    try:
        if kind == StudentProfile.IdentityKind.RESIDENT:
            return resident_number(text)
        return document_number(kind, text), None
    except ValidationError as error:
        raise ValidationError({"identity": error.messages}) from error


def _know_birthday(membership: Membership, birthday: date) -> None:
    person = membership.user
    if person.birth_date is not None and person.birth_date != birthday:
        raise ValidationError({"identity": _("The birthday in the number is not the one that is known.")})
    if person.birth_date is None:
        person.birth_date = birthday
        person.save(update_fields=["birth_date"])
