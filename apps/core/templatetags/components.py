"""What the template components need beyond plain templates: icons, initials, dates in words."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from django import template
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.formats import get_format, number_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from tablericons import _render_icon

register = template.Library()

TONE_ICONS = {
    "neutral": "circle-dashed",
    "info": "clock",
    "success": "circle-check",
    "warning": "alert-triangle",
    "danger": "alert-octagon",
}
MESSAGE_TONES = {"debug": "neutral", "success": "success", "warning": "warning", "error": "danger"}


@register.simple_tag
def glyph(name: str, css_class: str = "icon") -> SafeString:
    """The inline SVG of a Tabler icon, hidden from assistive technology.

    ``name`` is ``outline/bell`` or just ``bell``; a name that does not exist raises.
    """
    return _glyph(str(name) if "/" in name else f"outline/{name}", str(css_class))


@lru_cache(maxsize=512)
def _glyph(name: str, css_class: str) -> SafeString:
    attributes = {"class": css_class, "aria-hidden": "true", "focusable": "false", "stroke-width": "1.75"}
    # The file is part of an installed package and both arguments are written by templates, so nothing foreign gets in.
    markup: str = _render_icon(name, 20, **attributes)
    return mark_safe(markup)  # noqa: S308  # our own icons only


@register.filter
def tone_icon(tone: str) -> str:
    """The icon that stands for a tone, so that no state is told by colour alone."""
    return TONE_ICONS[tone]


@register.filter
def message_tone(level_tag: str) -> str:
    """The tone of an alert for a level of ``django.contrib.messages``."""
    return MESSAGE_TONES.get(level_tag, "info")


@register.filter
def initials(name: str) -> str:
    """Two letters for an avatar: the given name of 王小明 is 小明, Ada Lovelace is AL."""
    words = str(name).split()
    if not words:
        return "?"
    if len(words) == 1:
        word = words[0]
        return word[-2:] if ord(word[0]) > 0x2E80 else word[:2].upper()
    return (words[0][0] + words[-1][0]).upper()


@register.filter
def relative_time(value: date) -> str:
    """How far a moment or a day is from now, in words: "3 hours ago", "tomorrow", "in 5 days"."""
    if not isinstance(value, datetime):
        return _days((value - timezone.localdate()).days)
    seconds = (value - timezone.now()).total_seconds()
    ahead, minutes = seconds > 0, int(abs(seconds) // 60)
    if minutes < 1:
        return _("in a moment") if ahead else _("just now")
    if minutes < 60:
        if ahead:
            return ngettext("in %d minute", "in %d minutes", minutes) % minutes
        return ngettext("%d minute ago", "%d minutes ago", minutes) % minutes
    hours = minutes // 60
    if hours < 24:
        if ahead:
            return ngettext("in %d hour", "in %d hours", hours) % hours
        return ngettext("%d hour ago", "%d hours ago", hours) % hours
    return _days((timezone.localtime(value).date() - timezone.localdate()).days)


def _days(days: int) -> str:
    near = {-1: _("yesterday"), 0: _("today"), 1: _("tomorrow")}
    if days in near:
        return near[days]
    ahead, distance = days > 0, abs(days)
    if distance < 60:
        if ahead:
            return ngettext("in %d day", "in %d days", distance) % distance
        return ngettext("%d day ago", "%d days ago", distance) % distance
    if distance < 730:
        months = round(distance / 30.44)
        if ahead:
            return ngettext("in %d month", "in %d months", months) % months
        return ngettext("%d month ago", "%d months ago", months) % months
    years = round(distance / 365.25)
    if ahead:
        return ngettext("in %d year", "in %d years", years) % years
    return ngettext("%d year ago", "%d years ago", years) % years


@register.filter
def exact_time(value: date) -> str:
    """The day, or the moment in the person's time zone, as the current language writes it."""
    if isinstance(value, datetime):
        return format_date(timezone.localtime(value), get_format("DATETIME_FORMAT"))
    return format_date(value, get_format("DATE_FORMAT"))


@register.filter
def figure(value: int | float | Decimal) -> str:
    """A number for people: grouped, at most two decimals, none that say nothing, and a real minus sign."""
    rounded = round(Decimal(str(value)), 2) + 0  # no minus before a zero
    if rounded == rounded.to_integral_value():
        rounded = rounded.quantize(Decimal(1))
    return number_format(rounded.normalize() if rounded % 1 else rounded, force_grouping=True).replace("-", "−")


@register.filter
def machine_time(value: date) -> str:
    """The same for the ``datetime`` attribute of ``<time>``."""
    return value.isoformat()
