"""A roster file is uploaded, its columns mapped, checked by a job, and taken over by a job."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.storage import default_storage
from django.core.validators import DomainNameValidator
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.actor import Actor
from apps.core.errors import WrongState
from apps.core.services import check_version, fetch_locked, save_valid, service
from apps.core.spreadsheets import DELIMITERS, ENCODINGS, Table, read_table
from apps.core.uploads import stored_name
from apps.jobs.models import JobRun
from apps.jobs.services import job_start

from ..models import RosterImport
from ..policies import RIGHT, can_keep_roster
from ..roster.catalogue import Catalogue
from ..roster.columns import COLUMNS, guess, missing
from ..roster.rows import Problem, RowReader
from ..roster.staging import PEOPLE, Staging
from ..roster.writing import write_people

FOLDER = "roster"
MAX_PROBLEMS = 20_000
CHUNK = 2_000
CHECK, COMMIT = "roster_check", "roster_commit"
Step = Callable[[int, int], None]
Result = tuple[int, str, str, str]


@contextmanager
def open_roster(roster: RosterImport) -> Iterator[Table]:
    """The table of the uploaded file, read as the import says. ``WrongState`` when the file has been cleared away."""
    try:
        file = roster.file.open("rb")
    except (FileNotFoundError, ValueError) as error:
        raise WrongState(_("The file has been cleared away. Upload it again.")) from error
    with file:
        yield read_table(file, encoding=roster.encoding, delimiter=roster.delimiter, sheet=roster.sheet)


def header_of(roster: RosterImport) -> list[str]:
    """The headings of the file."""
    with open_roster(roster) as table:
        return table.header


@service
def roster_import_upload(actor: Actor, *, kind: str, file: File, file_name: str) -> RosterImport:
    """Keep a file and guess what its columns mean, as the university mapped them last time or by their headings.

    ``ValidationError`` under ``file`` when it cannot be read. A repeat makes another import. The file is deleted when
    it was taken over, at the latest a day later.
    """
    can_keep_roster(actor).require()
    roster = RosterImport(
        university_id=actor.organization_id, kind=kind, file_name=file_name, created_by_id=actor.user_id
    )
    try:
        table = read_table(file)
    except ValidationError as error:
        raise ValidationError({"file": error.messages}) from error
    before = RosterImport.objects.filter(university_id=actor.organization_id, kind=kind).exclude(mapping={}).first()
    roster.encoding, roster.delimiter, roster.sheet = table.encoding, table.delimiter, table.sheet
    if before is not None:
        roster.mail_domain, roster.create_missing = before.mail_domain, before.create_missing
    roster.mapping = guess(kind, table.header, before.mapping if before else {})
    file.seek(0)
    roster.file.name = default_storage.save(f"{FOLDER}/{stored_name(file_name)}", file)
    save_valid(roster)
    return roster


@service
def roster_import_revise(
    actor: Actor,
    *,
    import_id: int,
    expected_version: int | None = None,
    mapping: Mapping[str, str],
    encoding: str = "",
    delimiter: str = "",
    sheet: str = "",
    mail_domain: str = "",
    create_missing: bool = False,
) -> RosterImport:
    """Say how the file is read and which column is what; the import has to be checked again if anything changes."""
    roster = _open_import(actor, import_id)
    check_version(roster, expected_version)
    wanted: dict[str, Any] = {
        "encoding": _one_of("encoding", encoding, ENCODINGS),
        "delimiter": _one_of("delimiter", delimiter, DELIMITERS),
        "sheet": sheet,
        "mail_domain": _domain(mail_domain),
        "create_missing": create_missing,
    }
    known = {column.name for column in COLUMNS[roster.kind]}
    wanted["mapping"] = {name: heading for name, heading in mapping.items() if name in known and heading}
    if all(getattr(roster, name) == value for name, value in wanted.items()):
        return roster
    for name, value in wanted.items():
        setattr(roster, name, value)
    _require_mapping(roster, header_of(roster))
    roster.version += 1
    save_valid(roster)
    return roster


@service
def roster_import_check(actor: Actor, *, import_id: int) -> JobRun:
    """Ask for a dry run; while one of the same version is at work a repeat returns it."""
    roster = _open_import(actor, import_id)
    _require_mapping(roster, header_of(roster))
    roster.check_job = _job(actor, roster, roster.check_job, CHECK, _("Check of %(file)s"))
    save_valid(roster)
    return roster.check_job


@service
def roster_import_commit(actor: Actor, *, import_id: int) -> JobRun:
    """Ask to take the file over; ``WrongState`` unless the last check found no error. A repeat returns the job at work."""
    roster = _open_import(actor, import_id)
    if not roster.is_sound:
        raise WrongState(_("Check the file first: only a file without errors is taken over."))
    roster.commit_job = _job(actor, roster, roster.commit_job, COMMIT, _("Import of %(file)s"))
    save_valid(roster)
    return roster.commit_job


@service
def roster_check(actor: Actor, *, import_id: int, version: int, step: Step) -> tuple[dict[str, Any], list[Problem]]:
    """The dry run, for its job: what would be created and changed, and every problem; nothing is written but the verdict."""
    roster = _open_import(actor, import_id)
    _require_version(roster, version)
    rows, summary, problems = _examine(roster, lambda share, count: step(round(share * count), count))
    rows.clear()
    roster.sound_version = 0 if problems else roster.version
    save_valid(roster)
    return summary, problems


@service
def roster_commit(
    actor: Actor, *, import_id: int, version: int, step: Step, deliver: Callable[[Iterator[Result]], object]
) -> dict[str, Any]:
    """Take the whole file over, for its job, or nothing; ``deliver`` gets row, number, name and outcome of every row.

    ``ValidationError`` when there is a problem by now. The same file again changes nothing.
    """
    roster = _open_import(actor, import_id)
    _require_version(roster, version)
    rows, summary, problems = _examine(roster, lambda share, count: step(round(share * count / 2), count))
    if problems:
        raise ValidationError(_("Something has changed since the check. Check the file again."))
    count = summary["rows"]
    if isinstance(rows, Staging):
        write_people(rows, lambda share: step(round((0.5 + share / 2) * count), count))
    else:
        rows.write()
    roster.committed_at = timezone.now()
    name, roster.file.name = roster.file.name, ""
    save_valid(roster)
    if name:
        transaction.on_commit(partial(default_storage.delete, name))
    deliver(rows.results())
    rows.clear()
    return summary


def _examine(
    roster: RosterImport, tell: Callable[[float, int], None]
) -> tuple[Staging | Catalogue, dict[str, Any], list[Problem]]:
    """Read and stage the whole file; ``tell`` hears the share that is read and about how many rows there will be."""
    with open_roster(roster) as table:
        return _examine_table(roster, table, tell)


def _examine_table(
    roster: RosterImport, table: Table, tell: Callable[[float, int], None]
) -> tuple[Staging | Catalogue, dict[str, Any], list[Problem]]:
    reader = RowReader(roster.kind, table.header, roster.mapping, roster.mail_domain)
    rows: Staging | Catalogue = Staging(roster) if roster.kind in PEOPLE else Catalogue(roster)
    problems: list[Problem] = []
    count = found = 0
    while chunk := [reader.read(number, cells) for number, cells in islice(table.rows, CHUNK)]:
        rows.add(chunk)
        count += len(chunk)
        for entry in chunk:
            found += len(entry.problems)
            problems += entry.problems[: max(0, MAX_PROBLEMS - len(problems))]
        share = min(1.0, max(table.share(), 0.01))
        tell(share, round(count / share))
    rows.match()
    for problem in rows.problems():
        found += 1
        if len(problems) < MAX_PROBLEMS:
            problems.append(problem)
    tell(1, count)
    problems.sort(key=lambda problem: problem[0])
    bad_rows = len({row for row, _field, _text in problems})
    return rows, {"rows": count, "errors": found, "bad_rows": bad_rows, **rows.counts()}, problems


def heading_of(roster: RosterImport, field: str) -> str:
    """What the column of a field is called in the file, else in the portal."""
    labels = {column.name: str(column.label) for column in COLUMNS[roster.kind]}
    return roster.mapping.get(field) or labels.get(field, field)


def _open_import(actor: Actor, import_id: int) -> RosterImport:
    can_keep_roster(actor).require()
    roster = fetch_locked(RosterImport.objects.visible_to(actor), pk=import_id)
    if roster.committed_at is not None:
        raise WrongState(_("This file has been taken over."))
    return roster


def _job(actor: Actor, roster: RosterImport, before: JobRun | None, kind: str, title: str) -> JobRun:
    if before is not None and not before.is_finished and before.params.get("version") == roster.version:
        return before
    return job_start(
        actor,
        kind=kind,
        title=title % {"file": roster.file_name[:100]},
        params={"import": roster.pk, "version": roster.version},
        back_url=reverse("universities:roster_detail", args=[roster.pk]),
        permission=RIGHT,
    )


def _require_version(roster: RosterImport, version: int) -> None:
    if roster.version != version:
        raise WrongState(_("The import was changed in the meantime. Ask again."))


def _require_mapping(roster: RosterImport, header: list[str]) -> None:
    errors = {
        column.name: _("Choose the column that holds this.")
        for column in missing(roster.kind, roster.mapping, mail_domain=roster.mail_domain)
    }
    errors |= {
        name: _("The file has no column with this heading.")
        for name, heading in roster.mapping.items()
        if heading not in header
    }
    headings = list(roster.mapping.values())
    errors |= {
        name: _("Two fields cannot come from one column.")
        for name, heading in roster.mapping.items()
        if headings.count(heading) > 1 or header.count(heading) > 1
    }
    if errors:
        raise ValidationError(errors)


def _one_of(name: str, value: str, choices: tuple[str, ...]) -> str:
    if value and value not in choices:
        raise ValidationError({name: _("Choose one of the list.")})
    return value


def _domain(text: str) -> str:
    domain = text.strip().removeprefix("@").lower()
    if domain:
        try:
            DomainNameValidator(accept_idna=False)(domain)
        except ValidationError as error:
            raise ValidationError({"mail_domain": error.messages}) from error
    return domain


def roster_file_prune(name: str) -> None:
    """Delete a file that was uploaded and not taken over; the import stays as a record."""
    RosterImport.objects.filter(file=name).update(file="")
    default_storage.delete(name)
