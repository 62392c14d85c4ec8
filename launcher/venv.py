"""The virtual environment: made once, installed from a lock file when that file has changed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from launcher.var import ROOT

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"


def package_directory(name: str) -> Path | None:
    """Where an installed package lies, without importing it: in this interpreter, else in the virtual environment."""
    spec = importlib.util.find_spec(name)
    if spec and spec.submodule_search_locations:
        return Path(spec.submodule_search_locations[0])
    return next(VENV.glob(f"lib/python3*/site-packages/{name}"), None)
