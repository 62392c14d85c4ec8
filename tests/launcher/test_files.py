"""The files beside the launcher say the same as each other."""

from __future__ import annotations

import gettext
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from launcher import venv
from launcher.messages import compile_catalogue
from launcher.var import ROOT

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]


def pins(name: str) -> dict[str, str]:
    """Package to version of a requirements or lock file; extras and markers left aside."""
    lines = (ROOT / name).read_text().splitlines()
    found = (re.match(r"([\w.-]+)(?:\[[^]]*\])?==([\w.+-]+)", line) for line in lines)
    return {match[1].lower().replace("_", "-"): match[2] for match in found if match}


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_lock_holds_every_pin_of_its_requirements(name: str) -> None:
    lock = pins(f"{name}.lock")
    asked = pins(f"{name}.txt")
    assert asked
    assert {package: lock.get(package) for package in asked} == asked


def test_development_lock_contains_the_other_one() -> None:
    assert pins("requirements.lock").items() <= pins("requirements-dev.lock").items()


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_each_pinned_package_has_a_reason(name: str) -> None:
    reasons = (ROOT / "docs" / "dependencies.md").read_text().lower()
    assert [package for package in pins(name) if f"| {package}" not in reasons] == []


def test_uv_is_told_the_index_and_certificate_of_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configuration = tmp_path / "pip.conf"
    configuration.write_text("[global]\nindex-url = https://a.test/simple\ncert = /a.pem\ntrusted-host = a.test\n")
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_", "SSL_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(configuration))
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://b.test/simple https://c.test/simple")
    env = venv.uv_environment()
    assert env["UV_DEFAULT_INDEX"] == "https://a.test/simple"
    assert env["UV_INDEX"] == "https://b.test/simple https://c.test/simple"
    assert env["SSL_CERT_FILE"] == "/a.pem"
    assert env["UV_INSECURE_HOST"] == "a.test"


def test_catalogue_is_compiled_without_its_fuzzy_entries(tmp_path: Path) -> None:
    source = tmp_path / "django.po"
    source.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
        'msgid "Base"\nmsgstr "基地"\n\n#, fuzzy\nmsgid "Place"\nmsgstr "地方"\n'
    )
    with compile_catalogue(source).open("rb") as compiled:
        translations = gettext.GNUTranslations(compiled)
    assert translations.gettext("Base") == "基地"
    assert translations.gettext("Place") == "Place"


def test_compose_describes_the_whole_portal() -> None:
    assert set(SERVICES) == {"migrate", "web", "worker", "beat", "postgres", "redis", "proxy"}
    for name, service in SERVICES.items():
        if name == "migrate":
            assert service["restart"].startswith("on-failure")
        else:
            assert service["restart"] == "unless-stopped"
            assert service["healthcheck"]["test"]
    for name in ("web", "worker", "beat"):
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
        assert SERVICES[name]["read_only"] is True
    mounted = {str(volume).split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert set(COMPOSE["volumes"]) == {name for name in mounted if not name.startswith(".")}
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]


def test_compose_holds_no_secret() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    secrets = {"SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD", "EMAIL_URL"}
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if name in secrets or name.endswith(("_URL", "_AUTH")):
                assert "${" in value
    # Each must be given: an empty password is no password.
    assert {name for name in secrets if f"${{{name}:?" in text} == secrets


def test_example_environment_names_every_variable_of_compose() -> None:
    used = set(re.findall(r"(?<!\$)\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    named = set(re.findall(r"^#?(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert used == named


def test_ci_script_is_sound() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", script]).returncode == 0
