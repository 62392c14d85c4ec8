"""Where a person can go, by what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor
from apps.organizations.models import Organization, Role
from apps.organizations.policies import decides_registrations


class Place(NamedTuple):
    """A place of the navigation: where, what it is called, its icon."""

    url_name: str
    label: str | Promise
    icon: str


@dataclass(frozen=True, slots=True)
class NavigationItem:
    label: str
    url: str
    icon: str
    active: bool
    count: int
    primary: bool
    """Whether it belongs to the four main places of a phone."""


HOME = Place("portal:home", _("Home"), "home")
AGREEMENTS = Place("agreements:agreement_list", _("Agreements"), "file-text")
BASES = Place("bases:base_list", _("Bases"), "building-factory-2")
INTAKES = Place("bases:intake_list", _("Intakes"), "door-enter")
APPLICATIONS = Place("applications:application_list", _("Applications"), "send")
PLACEMENTS = Place("placements:placement_list", _("Placements"), "briefcase")
LOGS = Place("placements:log_list", _("Log"), "clipboard-check")
JOURNALS = Place("placements:journal_list", _("Journals"), "notebook")
EVALUATIONS = Place("evaluations:evaluation_list", _("Evaluations"), "clipboard-list")
SCHEMES = Place("evaluations:scheme_list", _("Evaluation schemes"), "ruler-2")
ROUNDS = Place("evaluations:round_list", _("Evaluation rounds"), "calendar-repeat")
RESULTS = Place("evaluations:result_list", _("Results"), "trophy")
REPORT = Place("reporting:placements", _("Report"), "chart-bar")
ORGANIZATIONS = Place("organizations:organization_list", _("Organizations"), "building-community")
REGISTRATIONS = Place("organizations:registration_list", _("Registrations"), "building-plus")
STUDENTS = Place("universities:student_list", _("Students"), "school")
ROSTERS = Place("universities:roster_list", _("Roster imports"), "upload")
MEMBERS = Place("organizations:member_list", _("Members"), "users")
TOKENS = Place("organizations:token_list", _("API tokens"), "key")
PROVIDERS = Place("organizations:identity_provider_list", _("Identity providers"), "login-2")
ACTS = Place("audit:act_list", _("What was done"), "history")
RIGHTS = Place("organizations:right_list", _("Rights"), "shield-check")
ERASURES = Place("privacy:erasure_list", _("Requests for erasure"), "trash")
NOTICES = Place("notifications:list", _("Notifications"), "bell")


def runs_placements(actor: Actor) -> bool:
    """Whether the actor's work is the chain itself: coordinators and administrators of schools and enterprises."""
    return actor.may("manage_placements") and actor.organization_kind in {
        Organization.Kind.UNIVERSITY,
        Organization.Kind.ENTERPRISE,
    }


def places_of(actor: Actor) -> tuple[Place, ...]:
    """The places of this actor; the first four are a phone's main places."""
    if actor.is_staff and not actor.is_member:
        return (HOME, REGISTRATIONS, ORGANIZATIONS, ERASURES, PROVIDERS, NOTICES)
    if not actor.is_member:
        return (HOME, REGISTRATIONS, NOTICES)
    if actor.role == Role.STUDENT:
        return (HOME, INTAKES, JOURNALS, APPLICATIONS, PLACEMENTS, AGREEMENTS, LOGS, RESULTS, NOTICES)
    if actor.role == Role.TUTOR:
        return (HOME, LOGS, JOURNALS, EVALUATIONS, PLACEMENTS, NOTICES)
    places = [HOME]
    if runs_placements(actor):
        places += [AGREEMENTS, PLACEMENTS, APPLICATIONS, BASES, INTAKES, LOGS, JOURNALS]
        if actor.organization_kind == Organization.Kind.UNIVERSITY:
            places += [STUDENTS, SCHEMES, ROUNDS]
        places += [RESULTS]
    else:
        places += [AGREEMENTS, BASES, INTAKES]
    places += [REPORT, ORGANIZATIONS]
    if decides_registrations(actor):
        places += [REGISTRATIONS]
    if actor.may("manage_members"):
        if actor.organization_kind == Organization.Kind.UNIVERSITY:
            places += [ROSTERS]
        places += [MEMBERS, RIGHTS, TOKENS, PROVIDERS, ACTS]
    return (*places, NOTICES)


def navigation_of(actor: Actor, path: str, unread: int) -> list[NavigationItem]:
    """The items of the navigation, the one that holds ``path`` marked."""
    items = []
    for position, place in enumerate(places_of(actor)):
        url = reverse(place.url_name)
        items.append(
            NavigationItem(
                label=str(place.label),
                url=url,
                icon=place.icon,
                active=path == url if place is HOME else path.startswith(url),
                count=unread if place is NOTICES else 0,
                primary=position < 4,
            )
        )
    return items
