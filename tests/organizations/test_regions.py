from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command

from apps.core.actor import Actor
from apps.organizations.models import Region
from apps.organizations.regions import Loaded, current_divisions, regions_load

pytestmark = pytest.mark.django_db
ACTOR = Actor.system("tests")


@pytest.fixture(scope="module")
def names() -> dict[str, str]:
    return current_divisions()


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("110000", "北京市"),
        ("110114", "昌平区"),
        ("120110", "东丽区"),  # two names in the table, the first one ended
        ("320500", "苏州市"),
        ("320583", "昆山市"),
    ],
)
def test_divisions_bear_the_name_of_today(code: str, name: str, names: dict[str, str]) -> None:
    assert names[code] == name


@pytest.mark.parametrize("code", ["110100", "110103", "110201", "130101", "419000", "500200"])
def test_divisions_leave_out_what_ended_and_what_only_heads_a_list(code: str, names: dict[str, str]) -> None:
    assert code not in names


@pytest.mark.parametrize(
    ("code", "level", "parent"),
    [
        ("320000", Region.Level.PROVINCE, None),
        ("320500", Region.Level.PREFECTURE, "320000"),
        ("320583", Region.Level.COUNTY, "320500"),
        ("110114", Region.Level.COUNTY, "110000"),
        ("500231", Region.Level.COUNTY, "500000"),
        ("419001", Region.Level.COUNTY, "410000"),
    ],
)
def test_load_hangs_each_region_on_the_division_above(code: str, level: int, parent: str | None) -> None:
    regions_load(ACTOR)
    region = Region.objects.get(code=code)
    assert (region.level, region.parent_id) == (level, parent)


def test_load_twice_changes_nothing_and_corrects_what_was_changed() -> None:
    total = regions_load(ACTOR).created
    Region.objects.filter(code="320500").update(name="苏州", parent=None)
    assert regions_load(ACTOR) == Loaded(created=0, changed=1, unchanged=total - 1)
    assert Region.objects.get(code="320500").name == "苏州市"
    assert regions_load(ACTOR) == Loaded(created=0, changed=0, unchanged=total)


def test_load_keeps_a_code_that_went_out_of_use() -> None:
    Region.objects.create(code="110103", name="崇文区", level=Region.Level.COUNTY)
    regions_load(ACTOR)
    assert Region.objects.filter(code="110103").exists()


def test_command_says_what_it_did() -> None:
    out = StringIO()
    call_command("load_regions", stdout=out)
    assert out.getvalue() == f"Regions: {len(current_divisions())} created, 0 changed, 0 unchanged.\n"
