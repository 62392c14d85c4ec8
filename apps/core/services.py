"""What all services share: one transaction, one recorded actor, rows fetched through what the actor sees."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import pghistory
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _
from django_fsm import FSMField, TransitionNotAllowed

from .actor import Actor
from .errors import NotConfirmed, NotFound, WrongState

P = ParamSpec("P")
R = TypeVar("R")
M = TypeVar("M", bound=models.Model)


def service(function: Callable[Concatenate[Actor, P], R]) -> Callable[Concatenate[Actor, P], R]:
    """Run ``function`` in one transaction, and record its actor with every row of history that it causes."""

    @wraps(function)
    def run(actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> R:
        if not isinstance(actor, Actor):
            raise TypeError(f"{function.__name__} needs an Actor, not {type(actor).__name__}")
        with transaction.atomic(), pghistory.context(service=function.__name__, **actor.history()):
            return function(actor, *args, **kwargs)

    return run


def fetch(rows: models.QuerySet[M], **lookup: Any) -> M:
    """The one row of ``rows`` (already cut down to what the actor sees); ``NotFound`` otherwise."""
    try:
        return rows.get(**lookup)
    except (ObjectDoesNotExist, ValueError, TypeError) as error:
        raise NotFound from error


def fetch_locked(rows: models.QuerySet[M], **lookup: Any) -> M:
    """Like ``fetch``, holding the row until the transaction ends; rows that point to it can still be added."""
    return fetch(rows.select_for_update(of=("self",), no_key=True), **lookup)


def move(transition: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    """Call a django-fsm transition; ``WrongState`` with a reason for people when the state does not allow it."""
    try:
        transition(*args, **kwargs)
    except TransitionNotAllowed as error:
        row = error.object
        raise WrongState(
            _("This is not possible: the %(thing)s is “%(state)s”.")
            % {"thing": row._meta.verbose_name, "state": row.get_state_display()}
        ) from error


def check_version(row: models.Model, expected_version: int | None) -> None:
    """Refuse to save over a change that the person has not seen. ``None`` means: no form was open."""
    current: int = row.version  # type: ignore[attr-defined]  # rows with optimistic locking have this field
    if expected_version is not None and current != expected_version:
        raise WrongState(_("Somebody changed this in the meantime. Load the page again and repeat your change."))


def save_valid(row: models.Model) -> None:
    """Validate and save, so that a broken rule is a readable error and never an ``IntegrityError``.

    Like ``full_clean``, which cannot be used: it assigns every field, and a protected state may only be moved.
    """
    states = {field.name for field in row._meta.fields if isinstance(field, FSMField)}
    errors: dict[str, Any] = {}
    for check in (lambda: row.clean_fields(exclude=states), row.clean, row.validate_unique):
        _collect(check, errors)
    if not errors:
        _collect(row.validate_constraints, errors)
    if errors:
        raise ValidationError(errors)
    row.save()


def _collect(check: Callable[[], None], errors: dict[str, Any]) -> None:
    try:
        check()
    except ValidationError as error:
        error.update_error_dict(errors)


def require_confirmed(actor: Actor) -> None:
    """``NotConfirmed`` unless the person gave the second factor just now. A token, which is no person, never did."""
    if not (actor.is_system or actor.confirmed):
        raise NotConfirmed(_("Confirm with your second factor that it is you. A token cannot do this."))


def require_reason(text: str, field: str = "reason") -> str:
    """A reason that somebody else will read: trimmed, not empty."""
    text = text.strip()
    if not text:
        raise ValidationError({field: _("Give a reason: the other side will read it.")})
    return text
