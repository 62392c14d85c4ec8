"""Two at once, two hundred times each: whoever is first, what is left fits together; and without the lock it does not."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from apps.agreements.models import Agreement, AgreementVersion
from apps.agreements.services import (
    agreement_recall,
    agreement_sign,
    agreement_submit,
    agreement_withdraw,
    circuit,
    drafts,
    version_revise,
)
from apps.core.errors import NotFound, WrongState
from apps.core.services import fetch
from apps.organizations.models import Membership
from tests.factories.agreements import make_submitted, open_version, shown_hash, sign
from tests.factories.organizations import actor_as, make_enterprise, make_member, make_university

pytestmark = pytest.mark.django_db(transaction=True)

PAIRS = 200
WHY = "The reason."
AtOnce = Callable[..., list[str]]


@pytest.fixture
def at_once() -> Iterator[AtOnce]:
    """Does two acts at the same moment, each on a connection of its own: "done", or the class of the refusal or error."""
    barrier = threading.Barrier(2, timeout=30)

    def run(act: Callable[[], Any]) -> str:
        barrier.wait()
        try:
            act()
        except Exception as error:
            return type(error).__name__
        return "done"

    with ThreadPoolExecutor(2) as threads:
        yield lambda *acts: list(threads.map(run, acts))
        list(threads.map(run, [connections.close_all] * 2))


@pytest.fixture
def school() -> Membership:
    return make_member(make_university())


@pytest.fixture
def firm() -> Membership:
    return make_member(make_enterprise())


def signing(agreement: Agreement, member: Membership) -> Callable[[], Any]:
    """The act of signing what the member is shown now."""
    actor = actor_as(member)
    shown = shown_hash(agreement, actor)
    return lambda: agreement_sign(actor, agreement_id=agreement.pk, content_hash=shown)


def check_chain(agreement: Agreement) -> list[str]:
    """What the chain tells, having followed it from the beginning."""
    previous, told = "0" * 64, []
    for number, entry in enumerate(agreement.chain.order_by("sequence"), start=1):
        assert (entry.sequence, entry.previous, entry.digest) == (number, previous, entry.computed_digest())
        previous = entry.digest
        told.append(entry.payload["event"])
    return told


def check_signatures(agreement: Agreement) -> AgreementVersion:
    """Whoever has signed has signed what stands there."""
    version = open_version(agreement)
    for signer in version.circuit:
        if signer.standing is not None:
            assert signer.standing.content_hash == version.hash_for(signer.party_id)
    assert check_chain(agreement).count("signed") == sum(len(one.signatures.all()) for one in version.signers.all())
    return version


# --- two signers ---


def both_sign(at_once: AtOnce, agreement: Agreement, school: Membership, firm: Membership) -> None:
    assert at_once(signing(agreement, school), signing(agreement, firm)) == ["done", "done"]
    agreement.refresh_from_db()
    assert (agreement.state, check_signatures(agreement).state) == ("in_force", "in_force")
    assert check_chain(agreement) == ["submitted", "signed", "signed", "in_force"]


def test_two_signers_at_once_bring_it_into_force_once(at_once: AtOnce, school: Membership, firm: Membership) -> None:
    for _pair in range(PAIRS):
        both_sign(at_once, make_submitted(school, firm), school, firm)


def test_control_two_signers_without_the_lock_are_lost(
    monkeypatch: pytest.MonkeyPatch, at_once: AtOnce, school: Membership, firm: Membership
) -> None:
    agreement = make_submitted(school, firm)
    read_by_both(monkeypatch)
    with pytest.raises(AssertionError):
        both_sign(at_once, agreement, school, firm)


# --- the last signature against a withdrawal ---


def sign_or_withdraw(at_once: AtOnce, agreement: Agreement, school: Membership, firm: Membership) -> str:
    drafter = actor_as(school)
    signed, withdrawn = at_once(
        signing(agreement, firm), lambda: agreement_withdraw(drafter, agreement_id=agreement.pk, reason=WHY)
    )
    agreement.refresh_from_db()
    version, told = check_signatures(agreement), check_chain(agreement)
    if signed == "done":
        assert (withdrawn, agreement.state, version.state) == (WrongState.__name__, "in_force", "in_force")
        assert told == ["submitted", "signed", "signed", "in_force"]
    else:
        assert (signed, withdrawn) == (WrongState.__name__, "done")
        assert (agreement.state, version.state) == ("not_concluded", "withdrawn")
        assert told == ["submitted", "signed", "withdrawn"]
    return signed


def test_sign_and_withdraw_at_once_never_both_happen(at_once: AtOnce, school: Membership, firm: Membership) -> None:
    for _pair in range(PAIRS):
        agreement = make_submitted(school, firm)
        sign(agreement, school)
        sign_or_withdraw(at_once, agreement, school, firm)


def test_control_sign_and_withdraw_without_the_lock_collide(
    monkeypatch: pytest.MonkeyPatch, at_once: AtOnce, school: Membership, firm: Membership
) -> None:
    agreement = make_submitted(school, firm)
    sign(agreement, school)
    read_by_both(monkeypatch)
    with pytest.raises(AssertionError):
        sign_or_withdraw(at_once, agreement, school, firm)


# --- a signature against a change of the text ---


def change(agreement: Agreement, drafter: Membership) -> None:
    """Take the text back, change it, and show it again: three acts, between any of which somebody may sign."""
    actor = actor_as(drafter)
    agreement_recall(actor, agreement_id=agreement.pk, reason=WHY)
    version_revise(actor, version_id=open_version(agreement).pk, expected_revision=None, title="What nobody has read")
    agreement_submit(actor, agreement_id=agreement.pk)


def sign_or_change(at_once: AtOnce, agreement: Agreement, school: Membership, firm: Membership) -> str:
    signed, changed = at_once(signing(agreement, firm), lambda: change(agreement, school))
    assert changed == "done"
    # What is being changed, the other party does not see.
    assert signed in {"done", "ContentChanged", WrongState.__name__, NotFound.__name__}
    version = check_signatures(agreement)
    assert (version.state, version.said.title) == ("awaiting_signatures", "What nobody has read")
    assert not any(signer.standing for signer in version.circuit)
    assert ("voided" in check_chain(agreement)) == (signed == "done")
    return signed


def test_sign_and_change_at_once_leave_no_signature_under_another_text(
    at_once: AtOnce, school: Membership, firm: Membership
) -> None:
    for _pair in range(PAIRS):
        sign_or_change(at_once, make_submitted(school, firm), school, firm)


def test_control_sign_and_change_without_the_lock_leave_a_signature_under_a_text_never_shown(
    monkeypatch: pytest.MonkeyPatch, at_once: AtOnce, school: Membership, firm: Membership
) -> None:
    agreement = make_submitted(school, firm)
    read, changed = threading.Event(), threading.Event()
    check_shown = circuit.check_shown

    def check_and_pause(*what: Any) -> None:
        check_shown(*what)
        read.set()
        changed.wait(20)

    def change_meanwhile() -> None:
        read.wait(20)
        change(agreement, school)
        changed.set()

    for module in (circuit, drafts):
        monkeypatch.setattr(module, "fetch_locked", fetch)
    monkeypatch.setattr(circuit, "check_shown", check_and_pause)
    assert at_once(signing(agreement, firm), change_meanwhile) == ["done", "done"]
    with pytest.raises(AssertionError):
        check_signatures(agreement)


def read_by_both(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody holds the agreement: both have read it before either goes on."""
    both = threading.Barrier(2, timeout=20)

    def unlocked(rows: Any, **lookup: Any) -> Any:
        row = fetch(rows, **lookup)
        both.wait()
        return row

    monkeypatch.setattr(circuit, "fetch_locked", unlocked)
