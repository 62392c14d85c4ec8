"""``manage.py update_messages``: brings the Chinese catalogue in step with the texts in code and templates.

Does what ``makemessages`` does, without GNU gettext, which a bare machine does not have.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polib
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import templatize

CATALOGUE = Path("locale/zh_Hans/LC_MESSAGES/django.po")
KEYWORDS: dict[str, Any] = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "_now": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
Message = tuple[str, str, str]
"""Context, text, plural; empty where there is none."""


def messages_in_code(root: Path) -> dict[Message, set[str]]:
    """Every text marked for translation, with the files that hold it."""
    found: dict[Message, set[str]] = {}
    for path in sorted(_sources(root)):
        name = path.relative_to(root).as_posix()
        text = path.read_text(encoding="utf-8")
        if path.suffix in {".html", ".txt"}:
            text = "\n".join(line.lstrip() for line in templatize(text, origin=name).splitlines())
        for _line, message, _comments, context in extract("python", io.BytesIO(text.encode()), KEYWORDS):
            parts = message if isinstance(message, tuple) else (message, "")
            found.setdefault((context or "", parts[0], parts[1] or ""), set()).add(name)
    return found


def _sources(root: Path) -> Iterator[Path]:
    for folder in ("apps", "collab_portal"):
        yield from (path for path in (root / folder).rglob("*.py") if "migrations" not in path.parts)
    for pattern in ("*.html", "*.txt"):
        yield from (root / "templates").rglob(pattern)


class Command(BaseCommand):
    help = "Adds new texts to the Chinese catalogue and removes those that are gone."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="Write nothing; fail when texts lack a translation.")

    def handle(self, *args: Any, **options: Any) -> None:
        path = settings.BASE_DIR / CATALOGUE
        old = {(entry.msgctxt or "", entry.msgid, entry.msgid_plural or ""): entry for entry in polib.pofile(str(path))}
        found = messages_in_code(settings.BASE_DIR)
        catalogue = polib.POFile(wrapwidth=110)
        catalogue.metadata = {
            "Content-Type": "text/plain; charset=UTF-8",
            "Content-Transfer-Encoding": "8bit",
            "Language": "zh_Hans",
            "Plural-Forms": "nplurals=1; plural=0;",
        }
        for message, files in sorted(found.items(), key=lambda item: (sorted(item[1]), item[0])):
            catalogue.append(_entry(message, sorted(files), old.get(message)))
        missing = [entry for entry in catalogue if not (entry.msgstr or entry.msgstr_plural.get(0))]
        if options["check"]:
            for entry in missing:
                self.stdout.write(f"{entry.occurrences[0][0]}: {entry.msgid}")
            if missing or set(old) != set(found):
                self.stderr.write(f"{len(missing)} texts lack Chinese, {len(set(old) ^ set(found))} are out of step.")
                raise SystemExit(1)
            return
        catalogue.save(str(path))
        self.stdout.write(f"{len(catalogue)} texts, {len(missing)} without Chinese.")


def _entry(message: Message, files: list[str], old: polib.POEntry | None) -> polib.POEntry:
    context, text, plural = message
    entry = polib.POEntry(msgid=text, occurrences=[(name, "") for name in files])
    if context:
        entry.msgctxt = context
    if "%(" in text:
        entry.flags = ["python-format"]
    if plural:
        entry.msgid_plural = plural
        entry.msgstr_plural = old.msgstr_plural if old else {0: ""}
    elif old:
        entry.msgstr = old.msgstr
    return entry
