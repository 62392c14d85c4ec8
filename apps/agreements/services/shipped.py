"""The modes of cooperation that the portal brings along: the six of joint construction and ten more, with their texts.

Read from ``modes/``; a clause has one text for all modes unless a mode has its own.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction

from ..models import Mode, ModeTemplate

FOLDER = Path(__file__).parent.parent / "modes"


@cache
def shipped_modes() -> list[dict[str, Any]]:
    """Fields of ``Mode``, and under ``clauses`` what a template holds."""
    common: dict[str, dict[str, str]] = json.loads((FOLDER / "clauses.json").read_text(encoding="utf-8"))
    modes: list[dict[str, Any]] = json.loads((FOLDER / "modes.json").read_text(encoding="utf-8"))
    for mode in modes:
        own = mode.pop("texts", {})
        mode["clauses"] = [{"key": key} | common[key] | own.get(key, {}) for key in mode["required_clauses"]]
    return modes


@transaction.atomic
def install_shipped_modes(**_sent: Any) -> None:
    """Add the modes that are missing, and a new template version where the shipped text has changed; repeats do nothing.

    What administrators have changed on a mode stays. Runs after every migration.
    """
    present = set(Mode.objects.values_list("code", flat=True))
    latest = {template.mode_id: template for template in ModeTemplate.objects.order_by("mode", "version")}
    for fields in shipped_modes():
        values = dict(fields)
        clauses = values.pop("clauses")
        if values["code"] not in present:
            Mode.objects.create(**values)
        newest = latest.get(values["code"])
        if newest is None or (newest.shipped and newest.clauses != clauses):
            version = newest.version + 1 if newest else 1
            ModeTemplate.objects.create(mode_id=values["code"], version=version, clauses=clauses, shipped=True)
