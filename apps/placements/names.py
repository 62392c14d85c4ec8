"""Names of people, organizations, bases and positions by id, remembered for a minute.

Long lists read one table and take the names from here: planning a join of seven tables costs more than the list itself.
Each process remembers its own; a change shows everywhere within the minute.
"""

from __future__ import annotations

from collections.abc import Iterable
from time import monotonic

from django.db.models import F, QuerySet, Value
from django.utils.translation import get_language

from apps.bases.models import Base, Position
from apps.organizations.models import Membership, Organization

SECONDS = 60
MOST = 50_000


class Names:
    """The names of one kind of row, in the reader's language as far as there is one."""

    def __init__(self, rows: QuerySet, name: str, name_en: str = "") -> None:
        self._rows = rows.order_by()
        self._fields = (F(name), F(name_en) if name_en else Value(""))
        self.forget()

    def forget(self) -> None:
        self._known: dict[int, tuple[str, str]] = {}
        self._until = monotonic() + SECONDS

    def of(self, ids: Iterable[int | None]) -> dict[int, str]:
        """Names by id; one statement for those that are not remembered, none when all are."""
        if monotonic() >= self._until or len(self._known) > MOST:
            self.forget()
        known = self._known  # stays whole for this call when another thread forgets meanwhile
        wanted = {pk for pk in ids if pk is not None}
        missing = wanted - known.keys()
        if missing:
            fresh = self._rows.filter(pk__in=missing).values_list("pk", *self._fields)
            known.update({pk: (name, name_en) for pk, name, name_en in fresh})
        chinese = (get_language() or "").startswith("zh")
        return {pk: known[pk][0] if chinese else known[pk][1] or known[pk][0] for pk in wanted}


people = Names(Membership.objects.all(), "user__name")
organizations = Names(Organization.objects.all(), "name", "name_en")
bases = Names(Base.objects.all(), "name", "name_en")
positions = Names(Position.objects.all(), "title")
