"""Administrative divisions as GB/T 2260 names them today, from the table that python-stdnum carries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

from django.db.models import Q, QuerySet

from apps.core.actor import Actor
from apps.core.services import service

from .models import Region

_PROVINCE = re.compile(r'(\d\d) province="')
_DIVISION = re.compile(r' +(\d{4}) county="(.*)"')
_NAME = re.compile(r"(?:\[\d*-(?P<until>\d*)\])?(?P<name>[^\[\],]+)")
# Rows that head a list of counties in the table and are no divisions themselves.
_HEADINGS = {"市辖区", "县", "省直辖县级行政单位", "自治区直辖县级行政单位"}


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many rows a load created, changed and found as they should be."""

    created: int
    changed: int
    unchanged: int


def current_divisions() -> dict[str, str]:
    """The name of each code that is in use today, parents before their children."""
    found = {code: name for code, name in _rows() if name not in _HEADINGS}
    return dict(sorted(found.items()))


def _rows() -> Iterator[tuple[str, str]]:
    """A code may stand for several names, each with its years: ``[-1991]东郊区,[1992-]东丽区``; one at most has no end."""
    province = ""
    with (files("stdnum.cn") / "loc.dat").open(encoding="utf-8") as table:
        for line in table:
            if head := _PROVINCE.match(line):
                province = head[1]
            elif row := _DIVISION.match(line):
                for named in _NAME.finditer(row[2]):
                    if not named["until"]:
                        yield province + row[1], named["name"]


def regions_matching(text: str) -> QuerySet[Region]:
    """Regions whose name, or that of one above them, holds every word of ``text``, or whose code starts with it."""
    found = Region.objects.select_related("parent__parent").order_by("level", "code")
    for word in text.split():
        above = Q(parent__name__icontains=word) | Q(parent__parent__name__icontains=word)
        found = found.filter(Q(name__icontains=word) | Q(code__startswith=word) | above)
    return found


def place_names(region: Region | None) -> list[str]:
    """The names of the region and those above it, the highest first."""
    names: list[str] = []
    while region is not None:
        names.insert(0, region.name)
        region = region.parent
    return names


@service
def regions_load(actor: Actor) -> Loaded:
    """Create or correct a region for every division of today; a repeat changes nothing.

    Codes that went out of use stay: organizations may still lie in them.
    """
    names = current_divisions()
    wanted = [
        Region(code=code, name=name, level=_level(code), parent_id=_parent(code, names)) for code, name in names.items()
    ]
    present = {region.code: region for region in Region.objects.all()}
    created = [region for region in wanted if region.code not in present]
    changed = [
        region for region in wanted if region.code in present and _values(region) != _values(present[region.code])
    ]
    Region.objects.bulk_create(
        created + changed,
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["name", "level", "parent"],
    )
    return Loaded(len(created), len(changed), len(wanted) - len(created) - len(changed))


def _level(code: str) -> Region.Level:
    if code.endswith("0000"):
        return Region.Level.PROVINCE
    return Region.Level.PREFECTURE if code.endswith("00") else Region.Level.COUNTY


def _parent(code: str, names: dict[str, str]) -> str | None:
    """The division above; a county that no prefecture governs hangs on its province."""
    above = (f"{code[:4]}00", f"{code[:2]}0000")
    return next((parent for parent in above if parent != code and parent in names), None)


def _values(region: Region) -> tuple[str, int, str | None]:
    return region.name, region.level, region.parent_id
