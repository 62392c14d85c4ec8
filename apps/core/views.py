"""Health, the component gallery, error pages, and the base of every page with a form."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.cache import caches
from django.core.exceptions import ValidationError
from django.db import connection
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.views.generic import FormView

from .actor import Actor
from .gallery import gallery_context


class PortalRequest(HttpRequest):
    """A request after the middleware: it knows who is acting."""

    actor: Actor
    factor_missing: str
    """The name of the address where a second factor is set up or given, when this person has to do so first."""
    session_over: bool


@login_not_required
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, 503 when not; says too whether Redis answers."""
    report = {"database": _answers(_ask_database), "redis": _answers(lambda: caches["redis"].get("healthz"))}
    return JsonResponse(report, status=200 if report["database"] else 503)


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _answers(ask: Any) -> bool:
    try:
        ask()
    except Exception:
        # Any failure of any kind means the same to a health check.
        return False
    return True


@login_not_required
def gallery(request: HttpRequest) -> HttpResponse:
    """Every component in every variant; in development and tests only."""
    if not settings.DEBUG:
        raise Http404
    return render(request, "core/gallery.html", gallery_context())


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403.html", {"reason": "", "csrf": True}, status=403)


class ServiceFormView(FormView):
    """A page with one form and one act.

    Subclasses give ``form_class``, ``template_name``, ``perform`` (calls the service, returns the address to go to) and
    perhaps ``prepare`` (fetches what the page is about; raises ``NotFound`` / ``NotAllowed`` / ``WrongState``). A
    ``ValidationError`` of the service lands next to its field, with status 422 and everything typed kept.
    """

    http_method_names = ["get", "head", "post", "options"]
    request: PortalRequest
    success_message: str | Promise = ""
    template_name = "core/form_page.html"
    title: str | Promise = ""
    submit_label: str | Promise = ""

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.actor: Actor = self.request.actor

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.prepare()
        return super().dispatch(request, *args, **kwargs)

    def prepare(self) -> None:
        """Fetch what the page is about and refuse those who may not be here."""

    def perform(self, form: Any) -> str:
        """Call the service with ``form.cleaned_data``; return the address to go to."""
        raise NotImplementedError(f"{type(self).__name__} performs nothing")

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs = super().get_form_kwargs()
        if getattr(self.get_form_class(), "takes_actor", False):
            kwargs["actor"] = self.actor
        return kwargs

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = {"title": self.title, "submit_label": self.submit_label, "lead": "", "crumbs": None, "cancel": "/"}
        return super().get_context_data(**page | {"danger": False} | kwargs)

    def form_valid(self, form: BaseForm) -> HttpResponse:
        try:
            address = self.perform(form)
        except ValidationError as error:
            add_errors(form, error)
            return self.form_invalid(form)
        if self.success_message:
            messages.success(self.request, str(self.success_message))
        return redirect(address)

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


def add_errors(form: BaseForm, error: ValidationError) -> None:
    """Put the errors of a service next to the fields that the form has, the others above the form."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)
