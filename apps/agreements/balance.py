"""The balance of interests under an agreement: what each party put in and got out, and how that sits with what was agreed.

A party's real share of the benefits is its actual benefits over those of all parties, counted in CNY: amounts in CNY as they
are, other entries by the worth that was recorded with them. Entries without a worth are shown and not counted.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Case, Count, DecimalField, F, Q, Sum, Value, When
from django.db.models.functions import Coalesce

from .models import Agreement, AgreementVersion, LedgerEntry

NOTHING = Decimal(0)
TENTH = Decimal("0.1")


@dataclass(slots=True)
class PartyBalance:
    """Sums in CNY by (side, stage, horizon), and shares in per cent (``None``: nothing to share)."""

    party: int
    name: str
    worth: dict[tuple[str, str, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    agreed_benefit: Decimal | None = None
    agreed_risk: Decimal | None = None
    real_benefit: Decimal | None = None
    real_contribution: Decimal | None = None
    uncounted: int = 0

    def total(self, side: str, stage: str, horizon: str = "") -> Decimal:
        return sum(
            (sum_ for key, sum_ in self.worth.items() if key[:2] == (side, stage) and horizon in {"", key[2]}), NOTHING
        )

    @property
    def net(self) -> Decimal:
        """What it got out less what it put in, both actual."""
        return self.total("benefit", "actual") - self.total("contribution", "actual")

    @property
    def difference(self) -> Decimal | None:
        """Real share of the benefits less the agreed one, in points."""
        if self.real_benefit is None or self.agreed_benefit is None:
            return None
        return self.real_benefit - self.agreed_benefit


def balance_of(agreement: Agreement) -> list[PartyBalance]:
    """One line a party, in the order of the parties; three statements whatever the length of the ledger."""
    parties = agreement.parties.exclude(joined_at=None).select_related("organization", "student__user")
    lines = {party.pk: PartyBalance(party.pk, str(party)) for party in parties}
    version = agreement.versions.filter(state=AgreementVersion.State.IN_FORCE).first()
    for share in version.said.shares if version else ():
        lines[share.party].agreed_benefit, lines[share.party].agreed_risk = share.benefit, share.risk
    worth = Case(
        When(unit=LedgerEntry.Unit.CNY, then=F("amount")),
        default=Coalesce("value", Value(NOTHING)),
        output_field=DecimalField(max_digits=14, decimal_places=2),
    )
    unpriced = Q(value=None) & ~Q(unit=LedgerEntry.Unit.CNY)
    sums = (
        LedgerEntry.objects.filter(agreement=agreement)
        .standing()
        .values("party_id", "side", "stage", "horizon")
        .annotate(worth=Sum(worth), unpriced=Count("pk", filter=unpriced))
        .order_by()
    )
    for row in sums:
        line = lines[row["party_id"]]
        line.worth[row["side"], row["stage"], row["horizon"]] += row["worth"]
        line.uncounted += row["unpriced"]
    _real_shares(list(lines.values()))
    return list(lines.values())


def _real_shares(lines: list[PartyBalance]) -> None:
    for side, name in (("benefit", "real_benefit"), ("contribution", "real_contribution")):
        whole = sum((line.total(side, "actual") for line in lines), NOTHING)
        for line in lines:
            if whole:
                share = (100 * line.total(side, "actual") / whole).quantize(TENTH, ROUND_HALF_UP)
                setattr(line, name, share)
