"""Every situation × try × role: what is legal leaves its rows of history and ends where it should, the rest changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError

from apps.agreements.models import Agreement, ChainEntry
from apps.core.errors import NotAllowed, NotFound, WrongState
from tests.access.visitors import Watch, fingerprint, undone
from tests.factories.agreements import open_version

from .situations import ROLES, SITUATIONS, TRIES, Cast, Scene, make_cast

pytestmark = pytest.mark.django_db

HISTORY = ("AgreementEvent", "AgreementVersionEvent", "SignatureEvent", "SignerEvent")
DRAFTS = ("draft", "sent_back")
ASKED = ("submitted", "signed_once", "on_paper", "by_link")
FIRST_OVER = ("refused", "withdrawn", "lapsed")
QUIET = ("in_force", "changed", "change_refused", "notice_given")
STANDING = (*QUIET, "suspended", "change_drafted", "change_submitted")
SIGNED = ("in_force", "changed", "suspended", "notice_given", "terminated", "expired")
SHOWN = frozenset({"school", "firm", "student", "observer", "system"})
SEES = (
    dict.fromkeys(("sent_back", *ASKED, *FIRST_OVER), SHOWN)
    | {situation: SHOWN | {"government"} for situation in (*STANDING, "terminated", "expired")}
    | {situation: SHOWN | {"government", "guest"} for situation in ("change_submitted", "changed")}
    | {"draft": frozenset({"school", "system"})}
)

Case = tuple[str, str, str]
Outcome = tuple[str, str, tuple[int, int, int, int], list[str]]
LEGAL: dict[Case, Outcome] = {}
"""By situation, try and role: the states of agreement and newest version after it, how many rows of history (of agreement,
versions, signatures, signers), and what the chain tells."""
SAME: set[Case] = set()
"""A repeat: no refusal, and nothing changes."""


def legal(
    tries: str, situations: Iterable[str], roles: str, ends: str, rows: tuple[int, int, int, int], *told: str
) -> None:
    agreement, version = ends.split("/")
    for case in cases(tries, situations, roles):
        LEGAL[case] = (agreement, version, rows, list(told))


def same(tries: str, situations: Iterable[str], roles: str) -> None:
    SAME.update(cases(tries, situations, roles))


def cases(tries: str, situations: Iterable[str], roles: str) -> list[Case]:
    return [(one, try_, role) for one in situations for try_ in tries.split() for role in roles.split()]


WAITS = "awaiting_signatures/awaiting_signatures"
CHANGE_WAITS = "in_force/awaiting_signatures"

# Drafts, by who drafts them
legal("revise", ["draft"], "school system", "draft/draft", (1, 1, 0, 0))
legal("revise", ["sent_back"], "school system", "draft/draft", (0, 1, 0, 0))
legal("revise", ["change_drafted"], "firm system", "in_force/draft", (0, 1, 0, 0))
legal("signers", DRAFTS, "school system", "draft/draft", (0, 1, 0, 1))
legal("signers", ["change_drafted"], "firm system", "in_force/draft", (0, 1, 0, 1))
legal("attach", DRAFTS, "school", "draft/draft", (0, 1, 0, 0))
legal("attach", ["change_drafted"], "firm", "in_force/draft", (0, 1, 0, 0))
legal("submit", DRAFTS, "school system", WAITS, (1, 1, 0, 0), "submitted")
legal("submit", ["change_drafted"], "firm system", CHANGE_WAITS, (0, 1, 0, 0), "submitted")
same("submit", ASKED, "school system")
same("submit", ["change_submitted"], "firm system")
legal("withdraw", ["draft"], "school system", "not_concluded/withdrawn", (1, 1, 0, 0))
legal("withdraw", ["change_drafted"], "firm system", "in_force/withdrawn", (0, 1, 0, 0))

# What was shown: taken back, ended, signed
legal("withdraw", (*ASKED, "sent_back"), "school system", "not_concluded/withdrawn", (1, 1, 0, 0), "withdrawn")
legal("withdraw", ["change_submitted"], "firm system", "in_force/withdrawn", (0, 1, 0, 0), "withdrawn")
same("withdraw", ["withdrawn"], "school system")
legal("recall", ASKED, "school system", "draft/draft", (1, 1, 0, 0), "recalled")
legal("recall", ["change_submitted"], "firm system", "in_force/draft", (0, 1, 0, 0), "recalled")
legal("send_back", ASKED, "school firm student system", "draft/draft", (1, 1, 0, 0), "sent_back")
legal(
    "send_back", ["change_submitted"], "school firm student guest system", "in_force/draft", (0, 1, 0, 0), "sent_back"
)
legal("refuse", ASKED, "school firm student system", "not_concluded/refused", (1, 1, 0, 0), "refused")
legal("refuse", ["change_submitted"], "school firm student guest system", "in_force/refused", (0, 1, 0, 0), "refused")
same("refuse", ["refused", "change_refused"], "school firm student system")
legal("sign", ["submitted"], "school firm student", WAITS, (0, 0, 1, 0), "signed")
legal("sign", ["signed_once", "on_paper", "by_link"], "school student", WAITS, (0, 0, 1, 0), "signed")
legal("sign", ["change_submitted"], "school firm student guest", CHANGE_WAITS, (0, 0, 1, 0), "signed")
same("sign sign_other", ["signed_once"], "firm")
same("sign sign_other", SIGNED, "school firm student")
same("sign sign_other", ["changed"], "guest")
same("sign sign_other", ["change_drafted"], "school student")

# Who signs instead, by a link, on paper
legal("replace", ["draft"], "system", "draft/draft", (0, 0, 0, 1))
legal("replace", ["submitted", "by_link"], "firm system", WAITS, (0, 0, 0, 1), "signer_named")
legal("replace", ["change_drafted"], "firm system", "in_force/draft", (0, 0, 0, 1))
legal("replace", ["change_submitted"], "firm system", CHANGE_WAITS, (0, 0, 0, 1), "signer_named")
legal("link_again", ["by_link"], "school firm system", WAITS, (0, 0, 0, 0))
legal("record", ["submitted", "by_link"], "school firm", WAITS, (0, 0, 1, 0), "signed")
legal("record", ["change_submitted"], "school firm guest", CHANGE_WAITS, (0, 0, 1, 0), "signed")
legal("confirm", ["on_paper"], "firm system", WAITS, (0, 0, 1, 0), "paper_confirmed")
legal("reject", ["on_paper"], "firm system", WAITS, (0, 0, 1, 0), "voided")

# The life of what is in force
legal("propose", ["in_force", "change_refused", "notice_given"], "school firm", "in_force/draft", (0, 1, 0, 3))
legal("propose", ["suspended"], "school firm", "suspended/draft", (0, 1, 0, 3))
legal("propose", ["changed"], "school firm guest", "in_force/draft", (0, 1, 0, 4))
VERSION = {"change_drafted": "draft", "change_submitted": "awaiting_signatures", "change_refused": "refused"}
for situation in STANDING:
    parties = "school firm guest system" if situation == "changed" else "school firm system"
    version = VERSION.get(situation, "in_force")
    state = "suspended" if situation == "suspended" else "in_force"
    if situation == "suspended":
        same("suspend", [situation], parties)
        legal("resume", [situation], "school system", f"in_force/{version}", (1, 0, 0, 0), "resumed")
    else:
        legal("suspend", [situation], parties, f"suspended/{version}", (1, 0, 0, 0), "suspended")
        same("resume", [situation], parties)
    if situation == "notice_given":
        same("give_notice", [situation], parties)
    else:
        legal("give_notice", [situation], parties, f"{state}/{version}", (1, 0, 0, 0), "notice_given")
    given_up = situation in {"change_drafted", "change_submitted"}
    told = ["notice_given", *(["withdrawn"] if situation == "change_submitted" else []), "terminated"]
    legal(
        "terminate",
        [situation],
        parties,
        f"terminated/{'withdrawn' if given_up else version}",
        (2, 1 if given_up else 0, 0, 0),
        *told,
    )
same("terminate give_notice", ["terminated"], "school firm system")


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.mark.parametrize("situation", SITUATIONS)
def test_what_can_be_tried_by_everybody(cast: Cast, situation: str) -> None:
    at = Scene.of(cast, SITUATIONS[situation](cast))
    watch = Watch(fingerprint())
    for name in TRIES:
        for role in ROLES:
            with undone():
                _try(at, watch, (situation, name, role))


def _try(at: Scene, watch: Watch, case: Case) -> None:
    situation, name, role = case
    before, chained = _history(), at.agreement.chain.count()
    refusal: type[Exception] | None = None
    with watch() as seen:
        try:
            TRIES[name](at.cast.actor(role), at)
        except (WrongState, NotAllowed, NotFound, ValidationError) as error:
            refusal = type(error)
    if case in LEGAL:
        assert refusal is None, (case, refusal)
        agreement, version = Agreement.objects.get(pk=at.key), open_version(at.agreement)
        rows = tuple(now - then for now, then in zip(_history(), before, strict=True))
        told = [entry.payload["event"] for entry in ChainEntry.objects.filter(agreement=agreement)[chained:]]
        assert (agreement.state, version.state, rows, told) == LEGAL[case], case
        return
    assert not seen.changed, (case, seen.changed)
    if case in SAME:
        assert refusal is None, (case, refusal)
    elif role not in SEES[situation]:
        assert refusal is NotFound, (case, refusal)
    else:
        # The system records and proposes for no organization: that is no act of a person, and values are missing.
        assert refusal is not None, case
        assert refusal is not ValidationError or role == "system", case


def _history() -> tuple[int, ...]:
    return tuple(apps.get_model("agreements", name)._default_manager.count() for name in HISTORY)


def test_every_transition_is_reached_by_a_try() -> None:
    """The table is not empty where it counts: each state of agreement and version is entered by a legal try or a situation."""
    entered = {(outcome[0], outcome[1]) for outcome in LEGAL.values()}
    agreements = {state for state, _version in entered} | {"expired"}
    versions = {state for _agreement, state in entered} | {"superseded", "lapsed"}
    assert agreements == set(Agreement.State.values)
    assert versions | {"in_force"} == {
        "draft",
        "awaiting_signatures",
        "in_force",
        "superseded",
        "refused",
        "withdrawn",
        "lapsed",
    }


LIFTED: list[tuple[str, Callable[[pytest.MonkeyPatch], None]]] = [
    ("policies", lambda patch: patch.setattr("apps.core.errors.Decision.require", lambda _decision: None)),
    (
        "sight",
        lambda patch: patch.setattr("apps.agreements.models.AgreementQuerySet.visible_to", lambda rows, _actor: rows),
    ),
]


@pytest.mark.parametrize(("what", "lift"), LIFTED)
def test_control_without_the_guard_the_table_fails(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, what: str, lift: Callable[[pytest.MonkeyPatch], None]
) -> None:
    at = Scene.of(cast, SITUATIONS["in_force"](cast))
    watch = Watch(fingerprint())
    lift(monkeypatch)
    failed = 0
    for role in ROLES:
        with undone():
            try:
                _try(at, watch, ("in_force", "suspend", role))
            except AssertionError:
                failed += 1
    assert failed, what
