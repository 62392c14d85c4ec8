"""The tree of units. Every change holds the organization's row, so that two of them at once cannot make a circle."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.actor import Actor
from apps.core.errors import WrongState
from apps.core.services import fetch, fetch_locked, save_valid, service

from ..models import Organization, Unit
from ..policies import can_manage_units

DEEPEST = 8


@service
def unit_add(actor: Actor, *, name: str, name_en: str = "", parent_id: int | None = None) -> Unit:
    """A new unit of the acting organization, below ``parent_id`` or at the top.

    ``ValidationError`` when the name is taken at that place or the place is no open unit. A repeat is refused by its name.
    """
    can_manage_units(actor, actor.organization_id).require()
    _hold_tree(actor.organization_id)
    unit = Unit(organization_id=actor.organization_id, name=name.strip(), name_en=name_en.strip())
    unit.parent = _place(unit, parent_id)
    save_valid(unit)
    return unit


@service
def unit_rename(actor: Actor, *, unit_id: int, name: str, name_en: str = "") -> Unit:
    """Call the unit otherwise; ``ValidationError`` when a neighbour has that name. A repeat changes nothing."""
    unit = _unit(actor, unit_id)
    unit.name, unit.name_en = name.strip(), name_en.strip()
    save_valid(unit)
    return unit


@service
def unit_move(actor: Actor, *, unit_id: int, parent_id: int | None) -> Unit:
    """Hang the unit, with all below it, under another one or at the top. A repeat changes nothing.

    ``ValidationError`` under ``parent`` when that is the unit itself or one below it, or is no open unit.
    """
    unit = _unit(actor, unit_id)
    if unit.parent_id != parent_id:
        unit.parent = _place(unit, parent_id)
        save_valid(unit)
    return unit


@service
def unit_close(actor: Actor, *, unit_id: int) -> Unit:
    """The unit is offered nowhere any more; what was said of it stays. A repeat changes nothing.

    ``WrongState`` while members belong to it or open units hang below it.
    """
    unit = _unit(actor, unit_id, closed_too=True)
    if unit.closed_at is not None:
        return unit
    if unit.children.open().exists():
        raise WrongState(_("There are units below this one. Move or close them first."))
    if unit.memberships.filter(ended_at=None).exists():
        raise WrongState(_("Members belong to this unit. Move them to another unit first."))
    unit.closed_at = timezone.now()
    save_valid(unit)
    return unit


def _unit(actor: Actor, unit_id: int, *, closed_too: bool = False) -> Unit:
    """The unit as it is once the tree is held."""
    rows = Unit.objects.visible_to(actor)
    organization_id = fetch(rows, pk=unit_id).organization_id
    can_manage_units(actor, organization_id).require()
    _hold_tree(organization_id)
    unit = fetch_locked(rows, pk=unit_id)
    if unit.closed_at is not None and not closed_too:
        raise WrongState(_("This unit is closed."))
    return unit


def _hold_tree(organization_id: int) -> None:
    Organization.objects.select_for_update(no_key=True).get(pk=organization_id)


def _place(unit: Unit, parent_id: int | None) -> Unit | None:
    """The unit to hang it on, which is open, not below it, and not too deep."""
    if parent_id is None:
        return None
    tree = {row.pk: row for row in Unit.objects.open().filter(organization_id=unit.organization_id)}
    if parent_id not in tree:
        raise ValidationError({"parent": _("The organization has no such unit.")})
    above = 0
    key: int | None = parent_id
    while key is not None and above <= DEEPEST:
        if key == unit.pk:
            raise ValidationError({"parent": _("A unit cannot be part of itself or of a unit below it.")})
        above, key = above + 1, tree[key].parent_id if key in tree else None
    if above + _height(unit, tree) > DEEPEST:
        raise ValidationError({"parent": _("A tree of units is at most %(most)d levels deep.") % {"most": DEEPEST}})
    return tree[parent_id]


def _height(unit: Unit, tree: dict[int, Unit]) -> int:
    """How many levels the unit and those below it take; one when it is new."""
    if unit.pk is None:
        return 1
    level, height = {unit.pk}, 0
    while level and height <= DEEPEST:
        height += 1
        level = {row.pk for row in tree.values() if row.parent_id in level}
    return height
