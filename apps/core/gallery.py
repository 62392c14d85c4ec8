"""Sample data of the component gallery: every component in every variant, in invented but likely words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone

from .charts import Series, bar_chart, line_chart
from .forms import DateInput, LongTextInput, RatingField, ScoreInput
from .uploads import DOCUMENT, UploadField


class GalleryForm(forms.Form):
    """One field of each kind."""

    title = forms.CharField(label="Title", help_text="As it stands on the signed paper.")
    kind = forms.ChoiceField(
        label="Mode of cooperation",
        choices=[("base", "Training base"), ("order", "Order class"), ("lab", "Joint laboratory")],
    )
    starts_on = forms.DateField(label="First day", widget=DateInput())
    places = forms.IntegerField(label="Places", min_value=1, required=False)
    scan = UploadField(kind=DOCUMENT, label="Signed copy", required=False)
    shift = forms.ChoiceField(
        label="Shift", choices=[("day", "Day"), ("late", "Late"), ("any", "Either")], widget=forms.RadioSelect
    )
    skills = forms.MultipleChoiceField(
        label="Competences shown",
        choices=[("safety", "Safety at work"), ("drawing", "Reads drawings"), ("team", "Works in a team")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    rating = RatingField(label="Rating of the day")
    score = forms.DecimalField(label="Score", help_text="0 to 100.", widget=ScoreInput())
    journal = forms.CharField(label="What was learnt", widget=LongTextInput(), required=False)
    accepted = forms.BooleanField(label="I have read the regulations of the base")


class GalleryFilter(forms.Form):
    """Further filters of a list."""

    party = forms.CharField(label="Other party", required=False)
    kind = forms.ChoiceField(
        label="Mode of cooperation", choices=[("", "Any"), ("base", "Training base")], required=False
    )


def gallery_context() -> dict[str, Any]:
    """Everything that ``core/gallery.html`` shows."""
    now = timezone.now()
    typed = {"title": "", "kind": "order", "places": "0", "score": "120", "rating": "9"}
    wrong = GalleryForm({f"wrong-{name}": value for name, value in typed.items()}, prefix="wrong")
    wrong.is_valid()
    return {
        "now": now,
        "moments": {
            "minutes": now - timedelta(minutes=12),
            "yesterday": now - timedelta(days=1),
            "weeks": now - timedelta(days=24),
            "soon": timezone.localdate() + timedelta(days=3),
            "late": timezone.localdate() - timedelta(days=2),
        },
        "tones": ["neutral", "info", "success", "warning", "danger"],
        "form": GalleryForm(initial={"title": "Order class of precision casting", "rating": 4, "score": 86}),
        "wrong_form": wrong,
        "filter_form": GalleryFilter(prefix="filter"),
        "crumbs": [{"label": "Agreements", "url": "#"}, {"label": "Nanshan Polytechnic", "url": "#"}],
        "tabs": [
            {"label": "Overview", "url": "#", "active": True, "count": None},
            {"label": "Obligations", "url": "#", "active": False, "count": 12},
            {"label": "Placements", "url": "#", "active": False, "count": 128},
            {"label": "History", "url": "#", "active": False, "count": None},
        ],
        "chips": [
            {"label": "In force", "url": "#", "active": True, "count": 42},
            {"label": "Waiting for signature", "url": "#", "active": False, "count": 3},
            {"label": "Expiring in 30 days", "url": "#", "active": False, "count": None},
        ],
        "exports": [{"label": "Excel (.xlsx)", "url": "#"}, {"label": "CSV", "url": "#"}],
        "agreements": _agreements(),
        "bars": bar_chart(
            "Machinery fills its places; logistics leaves every third one empty",
            ["Machinery and equipment", "Electronics", "Logistics", "粤港澳大湾区现代服务业"],
            [Series("Places promised", [120, 96, 84, 18]), Series("Students placed", [118, 71, 55, 12])],
            category_label="Branch of industry",
            value_label="Places",
        ),
        "balance": bar_chart(
            "Two of four parties put in more than they got out",
            ["School", "Enterprise", "Association", "Government"],
            [Series("Balance", [35.5, -82, 12, -8])],
            category_label="Party",
            value_label="Benefit less contribution, in thousand yuan",
        ),
        "lines": line_chart(
            "Employment recovered to 94 %; entrepreneurship doubled in three years",
            ["2019", "2020", "2021", "2022", "2023", "2024", "2025", "2026"],
            [
                Series("Employment rate", [92, 88, 89.5, 90, None, 92.5, 93, 94]),
                Series("Entrepreneurship rate", [3, 3.2, 3, 4, None, 5.1, 6, 6.4]),
            ],
            category_label="Year of graduation",
            value_label="Share of graduates",
            unit=" %",
        ),
    }


def _agreements() -> list[dict[str, Any]]:
    today = timezone.localdate()
    rows = [
        ("Order class of precision casting", "Nanshan Polytechnic", "success", "In force", 40),
        ("南山职业技术学院—精铸科技共建实训基地协议", "精铸科技有限公司", "warning", "Expiring", 25),
        ("Joint laboratory for aluminium alloys", "Aero Materials Ltd", "info", "Being signed", 6),
        ("Teacher exchange", "Harbour University", "neutral", "Draft", 0),
        ("Order class of logistics", "Swift Freight Ltd", "danger", "Terminated", 18),
    ]
    return [
        {"title": title, "party": party, "tone": tone, "state": state, "places": places, "ends": today}
        for title, party, tone, state, places in rows
    ]
