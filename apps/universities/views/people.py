"""Pages of students and teachers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from apps.core.actor import Actor
from apps.core.encryption import Unreadable
from apps.core.errors import Decision, NotFound
from apps.core.exports import csv_response, xlsx_response
from apps.core.lists import ActorListView
from apps.core.services import fetch
from apps.core.views import PortalRequest, ServiceFormView, add_errors

from ..filters import StudentFilter, TeacherFilter
from ..forms import DisclosureForm
from ..models import StudentProfile, TeacherProfile
from ..policies import can_disclose_identity, can_keep_roster, can_list_students
from ..services.disclosures import identity_disclose

FORMATS = [("xlsx", gettext_lazy("Excel (.xlsx)")), ("csv", "CSV")]
STUDENTS = StudentProfile.objects.select_related("membership__user", "programme", "school_class")
TEACHERS = TeacherProfile.objects.select_related("membership__user", "membership__unit")


class PeopleList(ActorListView):
    """Current students or teachers; with ``?format=csv|xlsx`` all that the filters leave, as a file."""

    heads: list[Any]
    name = ""

    def decide(self, actor: Actor) -> Decision:
        return can_list_students(actor)

    def get_rows(self, actor: Actor) -> QuerySet[Any]:
        return super().get_rows(actor).filter(membership__ended_at=None)

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        wanted = request.GET.get("format", "")
        if not wanted:
            return super().dispatch(request, *args, **kwargs)
        if wanted not in dict(FORMATS):
            raise NotFound
        self.decide(request.actor).require()
        rows = self.get_rows(request.actor)
        filterset_class = self.filterset_class
        if filterset_class is not None:
            rows = filterset_class(request.GET, queryset=rows, request=request).qs
        lines = self.lines(rows.order_by("pk").iterator(chunk_size=2000))
        heads = [str(head) for head in self.heads]
        return (csv_response if wanted == "csv" else xlsx_response)(self.name, heads, lines)

    def lines(self, rows: Iterator[Any]) -> Iterator[list[Any]]:
        raise NotImplementedError(f"{type(self).__name__} writes no lines")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        query = self.request.GET.copy()
        query.pop("format", None)
        exports = []
        for code, label in FORMATS:
            query["format"] = code
            exports.append({"label": label, "url": f"{self.request.path}?{query.urlencode()}"})
        tabs = [
            {"label": label, "url": reverse(name), "active": reverse(name) == self.request.path, "count": None}
            for name, label in (
                ("universities:student_list", gettext_lazy("Students")),
                ("universities:teacher_list", gettext_lazy("Teachers")),
            )
        ]
        keep = can_keep_roster(self.request.actor)
        return super().get_context_data(exports=exports, tabs=tabs, keep=keep, **kwargs)


class StudentList(PeopleList):
    queryset = STUDENTS
    filterset_class = StudentFilter
    template_name = "universities/student_list.html"
    name = "students"
    heads = [
        gettext_lazy("Student number"),
        gettext_lazy("Name"),
        gettext_lazy("E-mail"),
        gettext_lazy("Programme"),
        gettext_lazy("Class"),
        gettext_lazy("Year of entry"),
    ]

    def lines(self, rows: Iterator[StudentProfile]) -> Iterator[list[Any]]:
        for row in rows:
            person = row.membership.user
            school_class = row.school_class.name if row.school_class else ""
            yield [row.student_number, person.name, person.email, row.programme.name, school_class, row.entry_year]


class TeacherList(PeopleList):
    queryset = TEACHERS
    filterset_class = TeacherFilter
    template_name = "universities/teacher_list.html"
    name = "teachers"
    heads = [
        gettext_lazy("Staff number"),
        gettext_lazy("Name"),
        gettext_lazy("E-mail"),
        gettext_lazy("Unit"),
        gettext_lazy("Title"),
    ]

    def lines(self, rows: Iterator[TeacherProfile]) -> Iterator[list[Any]]:
        for row in rows:
            member = row.membership
            unit = member.unit.name if member.unit else ""
            yield [row.staff_number, member.user.name, member.user.email, unit, member.title]


@require_safe
def student_detail(request: PortalRequest, pk: int) -> HttpResponse:
    """What the university knows of a student, the identity number masked."""
    student = fetch(STUDENTS.visible_to(request.actor), pk=pk)
    return render(request, "universities/student_detail.html", _about(request.actor, student))


def _about(actor: Actor, student: StudentProfile) -> dict[str, Any]:
    try:
        number = student.identity_masked
    except Unreadable:
        number = _("It cannot be read. Tell the staff of the portal.")
    crumbs = [{"label": _("Students"), "url": reverse("universities:student_list")}] if can_list_students(actor) else []
    return {"student": student, "identity": number, "disclose": can_disclose_identity(actor), "crumbs": crumbs}


class StudentIdentity(ServiceFormView):
    """The full number, once, to who gives a reason."""

    form_class = DisclosureForm
    template_name = "universities/student_identity.html"
    student: StudentProfile

    def prepare(self) -> None:
        self.student = fetch(STUDENTS.visible_to(self.actor), pk=self.kwargs["pk"])
        can_disclose_identity(self.actor).require()

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            number = identity_disclose(self.actor, membership_id=self.student.pk, reason=form.cleaned_data["reason"])
        except ValidationError as error:
            add_errors(form, error)
            return self.form_invalid(form)
        response = self.render_to_response(self.get_context_data(form=form, number=number))
        response["Cache-Control"] = "no-store"
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        back = reverse("universities:student_detail", args=[self.student.pk])
        crumbs = [
            {"label": _("Students"), "url": reverse("universities:student_list")},
            {"label": self.student.membership.user.name, "url": back},
        ]
        return super().get_context_data(
            **{"student": self.student, "number": "", "cancel": back, "crumbs": crumbs} | kwargs
        )
