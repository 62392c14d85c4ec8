"""The three refusals of a service; the web and the API turn them into 404, 403 and 409.

Bad values are Django's ``ValidationError`` (form error, or 400 in the API).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


class DomainError(Exception):
    """A refusal with a reason for people."""

    status = 400
    title: Text = _("The request was refused")
    kind = "about:blank"
    """The ``type`` of the API's answer, where a program can act upon it."""

    def __init__(self, reason: Text = "") -> None:
        super().__init__(reason)
        self.reason = reason

    def members(self) -> dict[str, Any]:
        """What the API's answer holds beside the reason."""
        return {}


class NotFound(DomainError):
    """The object does not exist, or the actor does not see it: nobody can tell which."""

    status = 404
    title = _("Not found")


class NotAllowed(DomainError):
    """The actor sees the object but may not do this to it."""

    status = 403
    title = _("Not allowed")


class NotConfirmed(NotAllowed):
    """The person has to give the second factor again before this; pages lead there and back."""

    kind = "urn:collab-portal:problem:not-confirmed"


class SecondFactorMissing(NotAllowed):
    """In this role nothing is open before the person has signed in with a second factor."""

    kind = "urn:collab-portal:problem:second-factor-missing"


class WrongState(DomainError):
    """The actor may do this, but not now."""

    status = 409
    title = _("Not possible now")


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer of a policy; ``reason`` says why not, in words that a disabled button can show."""

    allowed: bool
    reason: Text = ""

    def __bool__(self) -> bool:
        return self.allowed

    def require(self) -> None:
        """Raise ``NotAllowed`` with the reason unless allowed."""
        if not self.allowed:
            raise NotAllowed(self.reason)


ALLOWED = Decision(True)
