"""Inviting a list of people at once, with a report row by row."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import translation
from django.utils.translation import gettext as _

from apps.core.actor import Actor
from apps.core.errors import WrongState
from apps.core.services import service
from apps.core.spreadsheets import read_table

from ..models import Invitation, Membership, Role, Unit
from ..policies import can_invite
from .invitations import invitation_create

MOST_ROWS = 500
COLUMNS = {
    "email": ("email", "e-mail", "e-mail address", "邮箱", "电子邮箱", "电子邮件", "邮箱地址"),
    "name": ("name", "姓名"),
    "role": ("role", "角色", "身份"),
    "title": ("title", "职务", "职称", "职务或职称"),
    "unit": ("unit", "单位", "部门", "所在单位", "所在部门"),
}
LONGEST = {"email": 254, "name": 100, "title": 80}
READY, SENT, INVITED, MEMBER, WRONG = "ready", "sent", "invited", "member", "wrong"


@dataclass(frozen=True, slots=True)
class Guest:
    """A row of the file, by its number there."""

    number: int
    email: str = ""
    name: str = ""
    role: str = ""
    title: str = ""
    unit: str = ""


@dataclass(slots=True)
class Finding:
    """What becomes of a row: ready or sent, invited or a member already, or wrong, and why."""

    guest: Guest
    standing: str
    problems: list[str] = field(default_factory=list)
    role: str = ""
    unit_id: int | None = None


def guests_read(file: IO[bytes]) -> list[Guest]:
    """The people of a CSV or XLSX file; ``ValidationError`` under ``file`` when it has no such columns or too many rows."""
    try:
        table = read_table(file)
        places = _places(table.header)
        guests: list[Guest] = []
        for number, cells in table.rows:
            if len(guests) == MOST_ROWS:
                raise ValidationError(_("A file has at most %(most)d rows.") % {"most": MOST_ROWS})
            texts = {name: cells[place].text for name, place in places.items() if place < len(cells)}
            guests.append(Guest(number=number, **texts))
    except ValidationError as error:
        raise ValidationError({"file": error.messages}) from error
    return guests


def guests_dump(guests: Iterable[Guest]) -> str:
    """As one text, for the page that asks before it sends."""
    return json.dumps([asdict(guest) for guest in guests], ensure_ascii=False)


def guests_load(text: str) -> list[Guest]:
    """What ``guests_dump`` wrote; ``ValidationError`` for anything else. The rows themselves are checked again."""
    try:
        rows = json.loads(text)
        guests = [Guest(**row) for row in rows]
    except (TypeError, ValueError) as error:
        raise ValidationError(_("The list has been changed on the way. Choose the file again.")) from error
    texts = [value for guest in guests for name, value in asdict(guest).items() if name != "number"]
    whole = all(isinstance(guest.number, int) for guest in guests) and all(isinstance(text, str) for text in texts)
    if len(guests) > MOST_ROWS or not whole or any("\x00" in text for text in texts):
        raise ValidationError(_("The list has been changed on the way. Choose the file again."))
    return guests


def _places(header: list[str]) -> dict[str, int]:
    known = {alias: name for name, aliases in COLUMNS.items() for alias in aliases}
    places: dict[str, int] = {}
    for place, title in enumerate(header):
        name = known.get(title.strip().casefold())
        if name is not None:
            places.setdefault(name, place)
    missing = [name for name in ("email", "role") if name not in places]
    if missing:
        raise ValidationError(_("The first row must name the columns e-mail and role; also known: name, title, unit."))
    return places


def invitations_check(actor: Actor, *, guests: list[Guest]) -> list[Finding]:
    """What would become of each row if they were invited now. Sends and changes nothing; three statements."""
    can_invite(actor, Invitation.Purpose.MEMBER).require()
    roles, units = _roles(), _units(actor)
    own = {"organization_id": actor.organization_id}
    invited = set(Invitation.objects.open().filter(**own, purpose="member").values_list("email", "role"))
    current = Membership.objects.filter(**own, ended_at=None)
    members = {(email.lower(), role) for email, role in current.values_list("user__email", "role")}
    seen: dict[tuple[str, str], int] = {}
    findings = []
    for guest in guests:
        finding = _finding(guest, roles, units)
        key = (guest.email.strip().lower(), finding.role)
        if not finding.problems and seen.setdefault(key, guest.number) != guest.number:
            finding.problems.append(_("The same person stands in row %(row)d.") % {"row": seen[key]})
        finding.standing = (
            WRONG if finding.problems else INVITED if key in invited else MEMBER if key in members else READY
        )
        findings.append(finding)
    return findings


@service
def invitations_send(actor: Actor, *, guests: list[Guest]) -> list[Finding]:
    """Invite everybody whose row is right and who is neither invited nor a member; the others stay as they are.

    A repeat of the same rows sends nothing.
    """
    findings = invitations_check(actor, guests=guests)
    for finding in findings:
        if finding.standing != READY:
            continue
        guest = finding.guest
        try:
            invitation_create(
                actor,
                email=guest.email,
                role=finding.role,
                name=guest.name,
                title=guest.title,
                unit_id=finding.unit_id,
            )
        except (ValidationError, WrongState) as error:
            finding.standing = WRONG
            finding.problems = error.messages if isinstance(error, ValidationError) else [str(error.reason)]
        else:
            finding.standing = SENT
    return findings


def _finding(guest: Guest, roles: dict[str, str], units: dict[str, list[int]]) -> Finding:
    finding = Finding(guest, WRONG, role=roles.get(guest.role.strip().casefold(), ""))
    try:
        validate_email(guest.email.strip())
    except ValidationError:
        finding.problems.append(_("“%(text)s” is no e-mail address.") % {"text": guest.email})
    if not finding.role:
        known = ", ".join(str(label) for label in Role.labels)
        finding.problems.append(_("“%(text)s” is no role. Known: %(known)s.") % {"text": guest.role, "known": known})
    for name, longest in LONGEST.items():
        if len(getattr(guest, name).strip()) > longest:
            finding.problems.append(_("A cell is longer than %(longest)d characters.") % {"longest": longest})
    if guest.unit.strip():
        found = units.get(_path(guest.unit), [])
        if len(found) == 1:
            finding.unit_id = found[0]
        else:
            text = _("Several units are called “%(text)s”: write the units above it before it, with a slash between.")
            none = _("No unit is called “%(text)s”.")
            finding.problems.append((text if found else none) % {"text": guest.unit})
    return finding


def _roles() -> dict[str, str]:
    """Roles by what people write: the code, or the word in either language."""
    found = {role: role for role in Role.values}
    for language in ("en", "zh-hans"):
        with translation.override(language):
            found |= {str(label).casefold(): value for value, label in Role.choices}
    return found


def _units(actor: Actor) -> dict[str, list[int]]:
    """Open units by their name, in either language, and by the names from above it down."""
    units = {unit.pk: unit for unit in Unit.objects.visible_to(actor).open()}
    found: dict[str, set[int]] = {}
    for unit in units.values():
        path: list[Any] = []
        above: Unit | None = unit
        while above is not None and len(path) < 10:
            path.insert(0, above)
            above = units.get(above.parent_id or 0)
        for start in range(len(path)):
            for name in ("name", "name_en"):
                text = _path("/".join(getattr(part, name) or part.name for part in path[start:]))
                found.setdefault(text, set()).add(unit.pk)
    return {text: sorted(keys) for text, keys in found.items()}


def _path(text: str) -> str:
    return "/".join(part.strip() for part in text.replace("／", "/").split("/")).casefold()
