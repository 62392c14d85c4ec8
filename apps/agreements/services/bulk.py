"""Signing many at once: asked for with one confirmation, done by a job, each agreement with a signature of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.actor import Actor
from apps.core.errors import DomainError, WrongState
from apps.core.services import fetch, require_confirmed, service
from apps.jobs.models import JobRun
from apps.jobs.services import job_start

from ..models import Agreement, AgreementVersion
from ..policies import can_sign_many
from ..turns import own_turn
from .circuit import Evidence, agreement_sign

KIND = "agreements_sign"
RIGHT = "sign_agreements"
MOST = 2000
"""How many are signed in one act at most."""


@dataclass(slots=True)
class Signed:
    """``left``: number of the agreement, its title, and why it was not signed."""

    signed: int = 0
    left: list[tuple[str, str, str]] = field(default_factory=list)


@service
def agreements_sign_ask(actor: Actor, *, shown: Mapping[int, int], evidence: Evidence) -> JobRun:
    """Ask a job to sign these versions for the actor; ``shown``: version and the revision that the person had before them.

    A revision never changes what it says, so each signature names exactly what was shown. The confirmation of this moment holds
    for the job; its evidence lies with the job until it is done. ``NotConfirmed`` without the second factor,
    ``ValidationError`` for none, too many, or what the person does not see. A repeat asks once more, and signs nothing twice.
    """
    can_sign_many(actor).require()
    require_confirmed(actor)
    if not 0 < len(shown) <= MOST:
        raise ValidationError({"chosen": _("Choose between 1 and %(most)d agreements.") % {"most": MOST}})
    # By agreement: one that was taken back since is listed by the job, and does not stop the others.
    seen = AgreementVersion.objects.filter(agreement__in=Agreement.objects.visible_to(actor))
    if seen.filter(pk__in=shown).count() != len(shown):
        raise ValidationError({"chosen": _("One of these agreements does not exist.")})
    title = ngettext("Signature of %(count)d agreement", "Signatures of %(count)d agreements", len(shown))
    return job_start(
        actor,
        kind=KIND,
        title=title % {"count": len(shown)},
        params={"versions": sorted(shown.items()), "evidence": asdict(evidence)},
        back_url=reverse("agreements:sign_many"),
        permission=RIGHT,
    )


def agreements_sign_each(
    actor: Actor, *, shown: Mapping[int, int], evidence: Evidence, step: Callable[[int, int], None]
) -> Signed:
    """Sign one after the other as the actor, who has confirmed; what cannot be signed is listed, and the rest goes on."""
    found = Signed()
    rows = AgreementVersion.objects.visible_to(actor).filter(pk__in=shown).select_related("agreement")
    names = {row.pk: (row.agreement.number, row.agreement.title) for row in rows.defer("terms")}
    for done, (pk, revision) in enumerate(sorted(shown.items())):
        step(done, len(shown))
        try:
            with transaction.atomic():
                _sign(actor, pk, revision, evidence)
        except DomainError as error:
            found.left.append((*names.get(pk, ("", "")), str(error.reason or error.title)))
        except ValidationError as error:
            found.left.append((*names.get(pk, ("", "")), " ".join(error.messages)))
        else:
            found.signed += 1
    step(len(shown), len(shown))
    return found


def _sign(actor: Actor, pk: int, revision: int, evidence: Evidence) -> None:
    rows = AgreementVersion.objects.visible_to(actor).whole().select_related("agreement__framework__mode")
    version = fetch(rows, pk=pk)
    if version.revision != revision:
        raise WrongState(_("It was changed after you saw the list. Read it again, then sign."))
    signer, decision = own_turn(actor, version)
    if signer is None:
        raise WrongState(decision.reason)
    agreement_sign(
        actor,
        agreement_id=version.agreement_id,
        content_hash=version.hash_for(signer.party_id),
        evidence=evidence,
    )
