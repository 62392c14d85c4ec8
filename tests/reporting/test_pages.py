from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from apps.core.exports import csv_response, inert, xlsx_response
from apps.organizations.models import Role
from apps.placements.models import ProgressLog
from tests.factories.chain import World, make_placement, make_world
from tests.factories.organizations import make_member, rest_client
from tests.support.queries import SHELL

pytestmark = pytest.mark.django_db
API = "/api/v1/reports/placements/"
HEAD = "university_code,university,base_id,base,month,placements,hours,mean_score"


def page_url() -> str:
    return reverse("reporting:placements")


def add_placement(world: World) -> None:
    placement = make_placement(world, starts_on=date(2026, 3, 2), ends_on=date(2026, 4, 30))
    for day in range(3):
        ProgressLog.objects.create(
            placement=placement,
            tutor=world.enterprise_tutor,
            worked_on=date(2026, 3, 10) + timedelta(days=day),
            hours=7,
            tasks="Maintain the line",
            rating=4,
        )


@pytest.fixture
def world() -> World:
    world = make_world()
    add_placement(world)
    return world


def body_of(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def sheet_of(rows: list[list[Any]]) -> Any:
    response = xlsx_response("x", ["h"], rows)
    book = load_workbook(io.BytesIO(body_of(response)))
    response.file_to_stream.close()
    return book.active


def test_page_shows_figures_chart_and_table(world: World, as_member: Any) -> None:
    response = as_member(world.school).get(page_url())
    text = response.content.decode()
    assert response.status_code == 200
    assert "Most hours were logged in March 2026: 21" in text
    assert [row.month for row in response.context["page"]] == [date(2026, 4, 1), date(2026, 3, 1)]


@pytest.mark.parametrize("rows", [1, 3])
def test_page_costs_the_same_at_any_length(
    rows: int, world: World, as_member: Any, django_assert_num_queries: Any
) -> None:
    for _row in range(rows - 1):
        add_placement(world)
    browser = as_member(world.school)
    browser.get(page_url())
    with django_assert_num_queries(SHELL + 7):
        browser.get(page_url())


def test_page_without_figures_says_when_they_appear(as_member: Any) -> None:
    response = as_member(make_world().school).get(page_url())
    assert "Figures appear as soon as a placement has started" in response.content.decode()


def test_page_is_paged(world: World, as_member: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.reporting.views.PAGE_SIZE", 1)
    browser = as_member(world.school)
    first = browser.get(page_url(), {"month_from": "2026-01"})
    second = browser.get(first.context["next_url"])
    assert [row.month.month for row in second.context["page"]] == [3]
    assert second.context["next_url"] == ""
    assert "month_from=2026-01" in second.context["previous_url"]


def test_page_without_the_right_is_refused(world: World, as_member: Any) -> None:
    for member in (world.student, world.academic_tutor):
        assert as_member(member).get(page_url()).status_code == 403
    assert as_member(make_member(world.university, Role.OBSERVER)).get(page_url()).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        {"month_from": "soon"},
        {"month_to": "2026-13"},
        {"month_from": "2026-05", "month_to": "2026-04"},
        {"base": "999999"},
        {"university": "nobody"},
    ],
)
def test_bad_filter_is_named_next_to_its_field(query: dict[str, str], world: World, as_member: Any) -> None:
    response = as_member(world.school).get(page_url(), query)
    assert response.status_code == 422
    assert set(response.context["form"].errors) <= set(query)
    problem = rest_client(world.school).get(API, query)
    assert problem.status_code == 400
    assert set(problem.json()["errors"]) <= set(query)


def test_foreign_university_and_base_are_like_ones_that_do_not_exist(world: World) -> None:
    foreign = make_world()
    add_placement(foreign)
    client = rest_client(world.school)
    for query in ({"university": foreign.university.code}, {"base": str(foreign.base.pk)}):
        assert client.get(API, query).status_code == 400


def test_unknown_format_is_not_found(world: World, as_member: Any) -> None:
    assert as_member(world.school).get(page_url(), {"format": "pdf"}).status_code == 404
    assert rest_client(world.school).get(API, {"format": "pdf"}).status_code == 404


def test_page_exports_csv_for_excel(world: World, as_member: Any) -> None:
    response = as_member(world.school).get(page_url(), {"format": "csv"})
    content = body_of(response)
    assert response["Content-Disposition"] == 'attachment; filename="placements.csv"'
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert rows[0][0] == "University code"
    assert rows[2][4:] == ["2026-03", "1", "21.00", ""]


def test_page_exports_xlsx_with_numbers(world: World, as_member: Any) -> None:
    response = as_member(world.school).get(page_url(), {"format": "xlsx"})
    rows = list(load_workbook(io.BytesIO(body_of(response))).active.values)
    assert rows[2][4:] == ("2026-03", 1, 21, None)


def test_page_exports_json_like_the_api(world: World, as_member: Any) -> None:
    page = as_member(world.school).get(page_url(), {"format": "json"}).json()
    assert page == rest_client(world.school).get(API).json()
    assert page["results"][1]["hours"] == "21.00"
    assert (page["placements"], page["mean_score"]) == (1, None)


def test_api_answers_csv_and_xlsx(world: World) -> None:
    client = rest_client(world.firm)
    text = body_of(client.get(API, {"format": "csv"})).decode("utf-8-sig")
    assert text.splitlines()[0] == HEAD
    rows = list(load_workbook(io.BytesIO(body_of(client.get(API, {"format": "xlsx"})))).active.values)
    assert ",".join(str(name) for name in rows[0]) == HEAD
    assert client.get(API, headers={"Accept": "text/csv"})["Content-Type"].startswith("text/csv")


@pytest.mark.parametrize("wanted", ["json", "csv", "xlsx"])
def test_api_problems_are_json_in_every_format(wanted: str, world: World) -> None:
    refused = rest_client(world.student).get(API, {"format": wanted})
    assert refused.status_code == 403
    assert refused.json()["status"] == 403
    assert refused["Content-Type"] == "application/problem+json"


def test_api_without_token_is_refused(client: Any) -> None:
    assert client.get(API).status_code == 401


HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")', "a,b\n=1", '"quoted"', "\x00=1"]


def test_text_is_never_a_formula() -> None:
    rows = [[text] for text in HOSTILE]
    [*lines] = csv.reader(io.StringIO(body_of(csv_response("x", ["h"], rows)).decode("utf-8-sig"), newline=""))
    sheet = sheet_of(rows)
    cells = [row[0] for row in sheet.iter_rows()]
    assert all(cell.data_type == "s" for cell in cells)
    for values in ([line[0] for line in lines[1:]], [cell.value for cell in cells[1:]]):
        assert not [value for value in values if value.startswith(("=", "+", "-", "@", "\t", "\r"))]
        assert values[0] == "'=1+1"


def test_text_without_the_guard_would_be_a_formula(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.core.exports.inert", lambda cell: cell)
    sheet = sheet_of([["=1+1"]])
    assert sheet["A2"].data_type == "f"


def test_inert_leaves_numbers_and_harmless_text() -> None:
    assert [inert(cell) for cell in (-1, None, "苏州 a=b", date(2026, 1, 1))] == [
        -1,
        None,
        "苏州 a=b",
        date(2026, 1, 1),
    ]


def test_quick_filters_name_a_first_month_and_keep_the_others(world: World, as_member: Any) -> None:
    browser = as_member(world.school)
    page = browser.get(
        page_url(), {"base": str(world.base.pk), "month_from": "2001-01", "month_to": "2026-03", "page": 1}
    )
    chips = page.context["chips"]
    assert not any(chip["active"] for chip in chips)
    everything = browser.get(chips[0]["url"])
    assert everything.request["QUERY_STRING"] == f"base={world.base.pk}"
    assert [chip["active"] for chip in everything.context["chips"]] == [True, False, False, False]
    year = browser.get(chips[3]["url"])
    assert [chip["active"] for chip in year.context["chips"]] == [False, False, False, True]
