"""Who may do what in the acting organization, in words, and the two pages that change it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from apps.core.actor import Actor
from apps.core.errors import ALLOWED, Decision, NotFound
from apps.core.lists import ActorListView
from apps.core.services import fetch
from apps.core.views import PortalRequest, ServiceFormView

from ..filters import MembershipFilter
from ..models import Membership, OrganizationUserObjectPermission, Role
from ..rights import (
    RIGHTS,
    can_manage_rights,
    grantable_to_person,
    grantable_to_role,
    people_by_role,
    personal_codenames,
    role_codenames,
    withdrawable_from_role,
)
from ..services import person_right_grant, person_right_withdraw, role_right_grant, role_right_withdraw


class RightList(ActorListView):
    """What each role may do, and the people who may do more; a search finds the others."""

    filterset_class = MembershipFilter
    template_name = "organizations/right_list.html"

    def decide(self, actor: Actor) -> Decision:
        return can_manage_rights(actor, actor.organization_id)

    def get_rows(self, actor: Actor) -> QuerySet[Membership]:
        rows = Membership.objects.visible_to(actor).current().filter(organization_id=actor.organization_id)
        if not self.request.GET.get("q"):
            rows = rows.filter(Exists(OrganizationUserObjectPermission.objects.filter(membership=OuterRef("pk"))))
        return rows.select_related("user")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        organization_id = self.request.actor.organization_id
        context = super().get_context_data(**kwargs)
        people, granted = people_by_role(organization_id), role_codenames(organization_id)
        personal = personal_codenames(organization_id)
        context["roles"] = [(Role(role).label, people[role]) for role in Role.values]
        context["rights"] = [
            (_sentence(codename), [_cell(role, codename, granted[role]) for role in Role.values]) for codename in RIGHTS
        ]
        context["people"] = [
            (member, [RIGHTS[codename] for codename in RIGHTS if codename in personal.get(member.pk, ())])
            for member in context["page"].rows
        ]
        return context


def _cell(role: str, codename: str, granted: set[str]) -> dict[str, Any]:
    holds = codename in granted
    decision = withdrawable_from_role(role, codename) if holds else grantable_to_role(role, codename)
    return {
        "role": Role(role).label,
        "right": RIGHTS[codename],
        "granted": holds,
        "why": decision.reason,
        "url": reverse("organizations:role_right", args=[role, codename]),
    }


@require_safe
def person_right_list(request: PortalRequest, pk: int) -> HttpResponse:
    """What one member may do, and why: by the role, or personally."""
    actor = request.actor
    member = _member(actor, pk)
    by_role = role_codenames(member.organization_id)[member.role]
    in_person = personal_codenames(member.organization_id).get(member.pk, set())
    rights = []
    for codename, words in RIGHTS.items():
        decision = ALLOWED if codename in in_person else grantable_to_person(member.role, codename)
        url = reverse("organizations:person_right", args=[pk, codename])
        rights.append(
            {
                "label": _sentence(codename),
                "right": words,
                "by_role": codename in by_role,
                "in_person": codename in in_person,
                "why": decision.reason,
                "url": url,
            }
        )
    context = {"member": member, "rights": rights, "crumbs": _crumbs()}
    return render(request, "organizations/person_right_list.html", context)


class RightForm(forms.Form):
    """Which way the sentence above goes, so that a page from before a change does not undo it."""

    grant = forms.TypedChoiceField(
        choices=[("yes", ""), ("no", "")], coerce=lambda value: value == "yes", widget=forms.HiddenInput
    )


class RightChange(ServiceFormView):
    """Says what a change would do before it is made."""

    form_class = RightForm
    holds: bool

    def prepare(self) -> None:
        can_manage_rights(self.actor, self.actor.organization_id).require()
        self.codename = self.kwargs["right"]
        if self.codename not in RIGHTS:
            raise NotFound
        self.find()
        if self.request.method != "POST":
            self.decide().require()

    def find(self) -> None:
        """Fetch whose right it is, and whether they hold it."""
        raise NotImplementedError

    def decide(self) -> Decision:
        raise NotImplementedError

    def get_initial(self) -> dict[str, Any]:
        return {"grant": "no" if self.holds else "yes"}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = {"crumbs": _crumbs(), "cancel": self.back(), "danger": self.holds, "title": self.get_title()}
        page["submit_label"] = _("Withdraw the right") if self.holds else _("Grant the right")
        return super().get_context_data(**page | {"lead": self.preview()} | kwargs)

    def get_title(self) -> str:
        words = {"right": RIGHTS[self.codename]}
        return (_("Withdraw: %(right)s?") if self.holds else _("Grant: %(right)s?")) % words

    def preview(self) -> str:
        """One sentence: who will be able to do what, or no longer."""
        raise NotImplementedError

    def back(self) -> str:
        return reverse("organizations:right_list")


class RoleRight(RightChange):
    success_message = gettext_lazy("Saved. It counts from the next click of everyone in this role.")

    def find(self) -> None:
        self.role = self.kwargs["role"]
        if self.role not in Role.values:
            raise NotFound
        self.holds = self.codename in role_codenames(self.actor.organization_id)[self.role]

    def decide(self) -> Decision:
        check = withdrawable_from_role if self.holds else grantable_to_role
        return check(self.role, self.codename)

    def preview(self) -> str:
        people = Membership.objects.current().filter(organization_id=self.actor.organization_id, role=self.role)
        personally = people.filter(pk__in=people.holding_personally(self.codename)).count()
        words = {"people": _people(self.role, people.count() - personally), "right": RIGHTS[self.codename]}
        sentence = (
            _("%(people)s will no longer be able to %(right)s.")
            if self.holds
            else _("%(people)s will be able to %(right)s.")
        )
        sentences = [sentence % words]
        if personally and self.holds:
            kept = ngettext(
                "%(number)d person keeps this right, because it was granted personally.",
                "%(number)d people keep this right, because it was granted personally.",
                personally,
            )
            sentences.append(kept % {"number": personally})
        return " ".join(sentences)

    def perform(self, form: RightForm) -> str:
        act = role_right_grant if form.cleaned_data["grant"] else role_right_withdraw
        act(self.actor, role=self.role, codename=self.codename)
        return self.back()


class PersonRight(RightChange):
    success_message = gettext_lazy("Saved. It counts from the next click of this person.")

    def find(self) -> None:
        self.member = _member(self.actor, self.kwargs["pk"])
        self.holds = self.codename in personal_codenames(self.member.organization_id).get(self.member.pk, set())

    def decide(self) -> Decision:
        return ALLOWED if self.holds else grantable_to_person(self.member.role, self.codename)

    def preview(self) -> str:
        words = {"name": self.member.user.name, "right": RIGHTS[self.codename], "role": self.member.get_role_display()}
        if not self.holds:
            return _("%(name)s will be able to %(right)s when acting as %(role)s.") % words
        if self.codename in role_codenames(self.member.organization_id)[self.member.role]:
            return _("%(name)s will still be able to %(right)s, by the role %(role)s.") % words
        return _("%(name)s will no longer be able to %(right)s.") % words

    def perform(self, form: RightForm) -> str:
        act = person_right_grant if form.cleaned_data["grant"] else person_right_withdraw
        act(self.actor, membership_id=self.member.pk, codename=self.codename)
        return self.back()

    def back(self) -> str:
        return reverse("organizations:person_right_list", args=[self.member.pk])


def _member(actor: Actor, pk: int) -> Membership:
    """A current member of the acting organization; who does not manage rights learns so only of members they see."""
    member = fetch(Membership.objects.visible_to(actor).current().select_related("user", "organization"), pk=pk)
    can_manage_rights(actor, member.organization_id).require()
    return member


def _people(role: str, number: int) -> str:
    words = {
        Role.ADMINISTRATOR: ngettext("%(number)d administrator", "%(number)d administrators", number),
        Role.COORDINATOR: ngettext("%(number)d coordinator", "%(number)d coordinators", number),
        Role.TUTOR: ngettext("%(number)d tutor", "%(number)d tutors", number),
        Role.STUDENT: ngettext("%(number)d student", "%(number)d students", number),
        Role.OBSERVER: ngettext("%(number)d observer", "%(number)d observers", number),
    }
    return words[Role(role)] % {"number": number}


def _sentence(codename: str) -> str:
    words = str(RIGHTS[codename])
    return words[:1].upper() + words[1:]


def _crumbs() -> list[dict[str, Any]]:
    return [{"label": _("Rights"), "url": reverse("organizations:right_list")}]
