"""The ministry's list of universities becomes organizations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from apps.core.actor import Actor
from apps.core.services import service
from apps.organizations.models import Organization, Region
from apps.organizations.services import role_groups_create

from ..models import UniversityProfile

CHUNK = 500
LEVELS = {"本科": UniversityProfile.Level.UNDERGRADUATE, "专科": UniversityProfile.Level.VOCATIONAL}


@dataclass(frozen=True, slots=True)
class Imported:
    """How many rows an import created, changed and found as they should be."""

    created: int
    changed: int
    unchanged: int


def universities_import(actor: Actor, *, rows: Sequence[Any], advance: Callable[[int], object]) -> Imported:
    """Create or correct a university for every row of the ministry's list; ``advance`` hears how many rows are done.

    A row is a mapping with name, code (number or text), department, location (name of a region), level (本科 or 专科) and
    remark. All or nothing: ``ValidationError`` with a message for every bad row, by its number. A repeat changes nothing.
    """
    return _write(actor, wanted=_checked(rows), advance=advance)


@service
def _write(actor: Actor, *, wanted: list[UniversityProfile], advance: Callable[[int], object]) -> Imported:
    present = {
        organization.code: organization
        for organization in Organization.objects.filter(
            code__in=[profile.organization.code for profile in wanted]
        ).select_related("university")
    }
    _refuse_codes_of_others(list(present.values()))
    created, changed = [], []
    for profile in wanted:
        organization = present.get(profile.organization.code)
        if organization is None:
            created.append(profile)
            continue
        profile.organization.pk = organization.pk
        profile.organization = profile.organization  # takes over its key
        old = getattr(organization, "university", None)
        if old is None or _values(old) != _values(profile):
            changed.append(profile)
    unchanged = len(wanted) - len(created) - len(changed)
    advance(unchanged)
    for chunk in _chunks(created):
        organizations = Organization.objects.bulk_create([profile.organization for profile in chunk])
        role_groups_create(organizations)
        for profile in chunk:
            profile.organization_id = profile.organization.pk
        UniversityProfile.objects.bulk_create(chunk)
        advance(len(chunk))
    for chunk in _chunks(changed):
        Organization.objects.bulk_update([profile.organization for profile in chunk], ["name", "region"])
        UniversityProfile.objects.bulk_create(
            chunk,
            update_conflicts=True,
            unique_fields=["organization"],
            update_fields=["level", "department", "remark"],
        )
        advance(len(chunk))
    return Imported(len(created), len(changed), unchanged)


def _chunks(profiles: list[UniversityProfile]) -> list[list[UniversityProfile]]:
    return [profiles[start : start + CHUNK] for start in range(0, len(profiles), CHUNK)]


def _values(profile: UniversityProfile) -> tuple[Any, ...]:
    organization = profile.organization
    return organization.name, organization.region_id, profile.level, profile.department, profile.remark


def _checked(rows: Sequence[Any]) -> list[UniversityProfile]:
    regions, problems, seen, good = _regions_by_name(), [], dict[str, int](), []
    for number, row in enumerate(rows, start=1):
        try:
            profile = _profile(row, regions)
            first = seen.setdefault(profile.organization.code, number)
            if first != number:
                raise ValidationError(_("the code stands in row %(first)d already") % {"first": first})
        except ValidationError as error:
            problems.append(_("Row %(row)d: %(reason)s.") % {"row": number, "reason": _reason(error)})
        else:
            good.append(profile)
    if problems:
        raise ValidationError(problems)
    return good


def _profile(row: Any, regions: dict[str, list[str]]) -> UniversityProfile:
    if not isinstance(row, dict):
        raise ValidationError(_("it is not an object"))
    organization = Organization(
        kind=Organization.Kind.UNIVERSITY,
        code=_code(row.get("code")),
        name=_text(row, "name"),
        region_id=_region(_text(row, "location"), regions),
    )
    profile = UniversityProfile(
        organization=organization,
        level=LEVELS.get(_text(row, "level"), ""),
        department=_text(row, "department"),
        remark=_text(row, "remark"),
    )
    if not profile.level:
        raise ValidationError(_("the level is neither 本科 nor 专科"))
    # The region was looked up: to look once more would cost a query a row.
    organization.clean_fields(exclude=["region"])
    profile.clean_fields(exclude=["organization"])
    return profile


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name, "")
    if not isinstance(value, str):
        raise ValidationError(_("“%(field)s” is not text") % {"field": name})
    return value.strip()


def _code(value: Any) -> str:
    """Ten digits; the ministry's file writes some codes as numbers and some as text."""
    code = str(value).strip() if isinstance(value, int | str) else ""
    if not (len(code) == 10 and code.isascii() and code.isdecimal()):
        raise ValidationError(_("the code “%(code)s” does not have ten digits") % {"code": value})
    return code


def _regions_by_name() -> dict[str, list[str]]:
    """Codes by name, the highest level alone: 随州市 is the prefecture, not the county that bore the name."""
    found: dict[str, list[Region]] = {}
    for region in Region.objects.order_by("level"):
        found.setdefault(region.name, []).append(region)
    return {name: [region.code for region in same if region.level == same[0].level] for name, same in found.items()}


def _region(name: str, regions: dict[str, list[str]]) -> str:
    codes = regions.get(name, [])
    if not codes and len(name) > 1 and name.endswith("州"):
        codes = _autonomous_prefectures(name.removesuffix("州"), regions)
    if len(codes) == 1:
        return codes[0]
    if codes:
        raise ValidationError(_("several regions are called “%(name)s”") % {"name": name})
    raise ValidationError(_("no region is called “%(name)s”") % {"name": name})


def _autonomous_prefectures(start: str, regions: dict[str, list[str]]) -> list[str]:
    """临夏回族自治州 is written 临夏州 for short."""
    return [
        code
        for full_name, codes in regions.items()
        if full_name.startswith(start) and full_name.endswith("自治州")
        for code in codes
    ]


def _refuse_codes_of_others(present: list[Organization]) -> None:
    problems = [
        _("The code %(code)s belongs to “%(name)s”, which is no university.") % {"code": row.code, "name": row.name}
        for row in present
        if row.kind != Organization.Kind.UNIVERSITY
    ]
    if problems:
        raise ValidationError(problems)


def _reason(error: ValidationError) -> str:
    if hasattr(error, "error_dict"):
        return "; ".join(f"{name}: {' '.join(messages)}" for name, messages in error.message_dict.items())
    return " ".join(error.messages)
