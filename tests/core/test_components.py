"""What the components write: words for time and figures, the markup of forms, and no way to smuggle markup in."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.template import engines
from django.test import Client
from django.utils import timezone, translation
from django_cotton.compiler_regex import Tag
from tablericons import IconDoesNotExist

from apps.core.forms import RatingField
from apps.core.gallery import GalleryForm
from apps.core.templatetags import components

TEMPLATES = Path(settings.BASE_DIR) / "templates"


class _Tags(HTMLParser):
    """Collects the names of all elements and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes.update(name for name, _ in attrs)


def render(source: str, **context: Any) -> str:
    compiled = engines["django"].engine.template_loaders[0]  # type: ignore[attr-defined]  # cotton's loader or the cache of it
    cotton = getattr(compiled, "loaders", [compiled])[0]
    return engines["django"].from_string(cotton.cotton_compiler.process(source)).render(context)


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(minutes=1, seconds=5), "1 minute ago"),
        (timedelta(minutes=12, seconds=5), "12 minutes ago"),
        (timedelta(hours=3, seconds=5), "3 hours ago"),
        (timedelta(days=24), "24 days ago"),
        (timedelta(days=122), "4 months ago"),
        (timedelta(days=1100), "3 years ago"),
        (-timedelta(seconds=30), "in a moment"),
        (-timedelta(minutes=5, seconds=30), "in 5 minutes"),
        (-timedelta(hours=2, seconds=30), "in 2 hours"),
        (-timedelta(days=40), "in 40 days"),
        (-timedelta(days=90), "in 3 months"),
        (-timedelta(days=800), "in 2 years"),
    ],
)
def test_moments_in_words(ago: timedelta, words: str) -> None:
    assert components.relative_time(timezone.now() - ago) == words


@pytest.mark.parametrize(("days", "words"), [(-1, "yesterday"), (0, "today"), (1, "tomorrow"), (3, "in 3 days")])
def test_days_in_words(days: int, words: str) -> None:
    assert components.relative_time(timezone.localdate() + timedelta(days=days)) == words


def test_the_exact_time_is_written_as_the_language_writes_it() -> None:
    day = date(2026, 11, 21)
    assert components.exact_time(day) == "Nov. 21, 2026"
    with translation.override("zh-hans"):
        assert components.exact_time(day) == "2026年11月21日"
    moment = datetime(2026, 11, 21, 2, 30, tzinfo=timezone.get_fixed_timezone(0))
    assert components.exact_time(moment) == "Nov. 21, 2026, 10:30 a.m."


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("王小明", "小明"),
        ("李思", "李思"),
        ("Ada Lovelace", "AL"),
        ("Ada King Lovelace", "AL"),
        ("Ada", "AD"),
        ("", "?"),
    ],
)
def test_initials(name: str, letters: str) -> None:
    assert components.initials(name) == letters


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234567, "1,234,567"),
        (Decimal("35.50"), "35.5"),
        (35.256, "35.26"),
        (-82, "−82"),
        (100, "100"),
        (Decimal("1E+3"), "1,000"),
        (0, "0"),
        (-0.001, "0"),
    ],
)
def test_figures(value: int | float | Decimal, text: str) -> None:
    assert components.figure(value) == text


def test_an_icon_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(IconDoesNotExist):
        components.glyph("no-such-icon")


def test_a_button_without_a_reason_is_enabled_and_with_one_says_it() -> None:
    source = '<c-button label="Sign" why="{{ reason }}" />'
    assert "disabled" not in render(source, reason="")
    refused = render(source, reason="Only a coordinator may sign.")
    assert "disabled" in refused
    assert "Only a coordinator may sign." in refused


@pytest.mark.parametrize(
    "source",
    [
        '<c-button label="{{ text }}" />',
        '<c-button :label="text" />',
        '<c-button label="x" href="/" data-name="{{ text }}" />',
        '<c-button label="x" why="{{ text }}" />',
        '<c-badge label="{{ text }}" />',
        '<c-card title="{{ text }}">{{ text }}</c-card>',
        '<c-fact label="{{ text }}" value="{{ text }}" />',
        '<c-page-header title="{{ text }}" lead="{{ text }}" />',
        '<c-queue-item title="{{ text }}" meta="{{ text }}" href="/" action="{{ text }}" />',
        '<c-timeline-item title="{{ text }}" who="{{ text }}">{{ text }}</c-timeline-item>',
        '<c-empty title="{{ text }}" text="{{ text }}" />',
        '<c-alert title="{{ text }}">{{ text }}</c-alert>',
        '<c-stat label="{{ text }}" value="{{ text }}" trend="{{ text }}" />',
        '<c-progress label="{{ text }}" text="{{ text }}" />',
        '<c-avatar name="{{ text }}" show />',
    ],
)
def test_what_people_typed_stays_text(source: str) -> None:
    seen = _Tags()
    for typed in ("\"><script>alert('1')</script>", "' onclick=alert(1) x='", '" onclick=alert(1) x="'):
        seen.feed(render(source, text=typed))
    assert "script" not in seen.names
    assert "onclick" not in seen.attributes


def test_control_markup_that_is_not_escaped_would_be_seen() -> None:
    seen = _Tags()
    seen.feed(render("<c-alert>{{ text|safe }}</c-alert>", text='<script onclick="x"></script>'))
    assert "script" in seen.names
    assert "onclick" in seen.attributes


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_components_get_only_the_options_that_they_have(path: Path) -> None:
    """An option that a component does not list goes to its element unescaped when given with a colon, or nowhere."""
    source = re.sub(r"{%\s*comment\s*%}.*?{%\s*endcomment\s*%}", "", path.read_text("utf-8"), flags=re.DOTALL)
    for match in Tag.tag_pattern.finditer(source):
        name, attributes = match[2], [found[1] for found in Tag.attr_pattern.finditer(match[3])]
        if match[1] or name in {"vars", "slot"}:
            continue
        options, passes = _options(name)
        unknown = [one for one in attributes if one.lstrip(":") not in options and (not passes or one.startswith(":"))]
        assert not unknown, f"<c-{name}> in {path.name}: {unknown}"


def _options(component: str) -> tuple[set[str], bool]:
    source = (TEMPLATES / "components" / f"{component.replace('-', '_')}.html").read_text("utf-8")
    declared = re.search(r"<c-vars\s(.*?)/>", source, re.DOTALL)
    names = {found[1].lstrip(":") for found in Tag.attr_pattern.finditer(declared[1])} if declared else set()
    return names, "{{ attrs }}" in source


def test_a_wrong_form_links_every_error_and_ties_it_to_its_field() -> None:
    form = GalleryForm({"title": "", "kind": "order", "places": "0"})
    page = str(form)
    assert 'href="#id_title"' in page
    assert 'href="#id_shift_0"' in page
    assert 'id="id_shift_0"' in page
    assert 'aria-describedby="id_title_helptext id_title_error"' in page
    assert 'id="id_title_error"' in page
    assert 'aria-invalid="true"' in page
    assert page.count('role="alert"') == 1


def test_a_rating_is_a_number_with_a_word_and_cleans_to_a_number() -> None:
    field = RatingField(required=False)
    assert field.clean("4") == 4
    assert field.clean("") is None
    with pytest.raises(ValidationError):
        field.clean("6")
    page = str(GalleryForm(initial={"rating": 4})["rating"])
    assert page.count('type="radio"') == 5
    assert "<b>4</b> <span>Good</span>" in page
    assert page.count(" checked") == 1


def test_a_form_that_nobody_has_filled_in_yet_shows_no_errors() -> None:
    page = str(GalleryForm())
    assert "error-summary" not in page
    assert "<legend" in page
    assert 'name="accepted"' in page


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_gallery_and_the_error_pages_render_for_nobody_in_particular(language: str, settings: Any) -> None:
    settings.DEBUG = True
    browser = Client(headers={"accept-language": language})
    page = browser.get("/components/")
    assert page.status_code == 200
    assert f'<html lang="{language}" data-theme="auto">' in page.content.decode()
    settings.DEBUG = False
    assert browser.get("/components/").status_code == 404


@pytest.mark.parametrize("code", [400, 403, 404, 409, 500])
def test_error_pages_need_no_context_at_all(code: int) -> None:
    """Django renders the page of a crash without a request."""
    page = engines["django"].get_template(f"{code}.html").render()
    assert f">{code}</p>" in page
    assert "<form" not in page


def test_an_error_page_says_the_reason_that_it_is_given() -> None:
    page = engines["django"].get_template("409.html").render({"reason": "It is signed already."})
    assert "It is signed already." in page
