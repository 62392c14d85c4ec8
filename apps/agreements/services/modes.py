"""Modes of cooperation and their templates are made and changed here."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.actor import Actor
from apps.core.services import fetch_locked, save_valid, service

from ..models import ClauseKey, Mode, ModeTemplate
from ..models.modes import SIGNING_KINDS, Opens
from ..policies import can_create_mode, can_manage_mode

FIELDS = (
    "name",
    "name_en",
    "summary",
    "summary_en",
    "party_kinds",
    "required_clauses",
    "signing",
    "signing_order",
    "shortest_months",
    "longest_months",
    "opens",
)
Clause = dict[str, str]
"""``key``, ``heading``, ``heading_en``, ``text``, ``text_en``."""


@service
def mode_create(actor: Actor, *, values: dict[str, Any]) -> Mode:
    """A mode of the acting organization alone, with ``values`` for ``FIELDS``; its text follows (``template_publish``).

    Its code is drawn: to choose one would tell whether somebody else has it. A repeat makes another mode.
    """
    can_create_mode(actor).require()
    _check_rules(actor, values, ())
    mode = Mode(
        code=f"own_{secrets.token_hex(6)}",
        organization_id=actor.organization_id or None,
        **{name: values[name] for name in FIELDS},
    )
    save_valid(mode)
    return mode


@service
def mode_revise(actor: Actor, *, code: str, values: dict[str, Any]) -> Mode:
    """What the mode asks of drafts from now on; agreements that were drafted before keep what they have."""
    mode = fetch_locked(Mode.objects.visible_to(actor), pk=code)
    can_manage_mode(actor, mode).require()
    _check_rules(actor, values, mode.opens)
    for name in FIELDS:
        setattr(mode, name, values[name])
    save_valid(mode)
    return mode


@service
def mode_retire(actor: Actor, *, code: str) -> Mode:
    """No draft takes this mode any more. A repeat keeps the first time."""
    mode = fetch_locked(Mode.objects.visible_to(actor), pk=code)
    can_manage_mode(actor, mode).require()
    if mode.retired_at is None:
        mode.retired_at = timezone.now()
        save_valid(mode)
    return mode


@service
def template_publish(actor: Actor, *, code: str, clauses: list[Clause]) -> ModeTemplate:
    """A new version of the mode's text, for drafts from now on. The same text again makes no new version.

    ``ValidationError`` when a required clause is missing, a key stands twice, or a text has a blank that is not known.
    """
    mode = fetch_locked(Mode.objects.visible_to(actor), pk=code)
    can_manage_mode(actor, mode).require()
    _check(mode, clauses)
    newest = mode.templates.first()
    if newest is not None and newest.clauses == clauses:
        return newest
    template = ModeTemplate(mode=mode, version=newest.version + 1 if newest else 1, clauses=clauses)
    save_valid(template)
    return template


def openable(actor: Actor) -> list[tuple[str, str]]:
    """What a mode can open, code and words: what the portal knows, and individual agreements of modes that are made under
    another."""
    under = [mode for mode in Mode.objects.visible_to(actor).in_use() if mode.asks_framework]
    words = _("individual agreements of the mode “%(mode)s”")
    known = [(str(what.value), str(what.label)) for what in Opens]
    return [*known, *((mode.pk, words % {"mode": mode}) for mode in under)]


def _check_rules(actor: Actor, values: dict[str, Any], opens: Iterable[str]) -> None:
    known = {*opens, *(code for code, _words in openable(actor))}
    if not set(values["opens"]) <= known:
        raise ValidationError({"opens": _("An agreement cannot open this.")})
    order = values["signing_order"]
    if len(set(order)) != len(order) or not set(order) <= {kind for kind, _words in SIGNING_KINDS}:
        raise ValidationError({"signing_order": _("Each kind of signer stands in the order once.")})


def _check(mode: Mode, clauses: list[Clause]) -> None:
    keys = [clause["key"] for clause in clauses]
    labels = dict(ClauseKey.choices)
    errors: dict[str, str] = {}
    if len(set(keys)) != len(keys):
        errors["clauses"] = _("A clause stands twice.")
    for key in mode.required_clauses:
        if key not in keys:
            errors[key] = _("The mode requires this clause: %(clause)s.") % {"clause": labels[key]}
    for clause in clauses:
        if not (ModeTemplate.fits(clause["text"]) and ModeTemplate.fits(clause["text_en"])):
            errors[clause["key"]] = _("Only these blanks can be filled: %(blanks)s.") % {
                "blanks": ", ".join(f"{{{blank}}}" for blank in ModeTemplate.BLANKS)
            }
    if errors:
        raise ValidationError(errors)
