"""Compiles translation catalogues with the virtual environment's Python: GNU gettext is not needed.

Run as `python -m launcher.messages FILE.po…`; the one module of this package that needs an installed library.
"""

from __future__ import annotations

import sys
from pathlib import Path

import polib


def compile_catalogue(source: Path) -> Path:
    """Write the `.mo` beside the `.po`; fuzzy and empty entries are left out, as msgfmt does."""
    target = source.with_suffix(".mo")
    polib.pofile(str(source)).save_as_mofile(str(target))
    return target


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        compile_catalogue(Path(argument))
