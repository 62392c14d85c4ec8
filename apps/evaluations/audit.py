"""Who reads the history of a scheme: those who manage evaluations at its university; nobody else sees it."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.audit.registry import Trail, name_system, register, title

from .models import EvaluationScheme
from .policies import can_manage

name_system(
    evaluations__open_due_rounds=_("opening of rounds that are due"),
    evaluations__close_due_rounds=_("closing of rounds that are over"),
)
title(EvaluationScheme, _("evaluation scheme"), "scheme")
register(
    Trail(
        name="scheme",
        title=_("History of the evaluation scheme"),
        rows=EvaluationScheme.objects.all,
        decide=lambda actor, scheme: can_manage(actor),
        home=lambda scheme: reverse("evaluations:scheme_detail", args=[scheme.pk]),
    )
)
