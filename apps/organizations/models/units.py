"""Departments of an organization."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor

from .organizations import Organization


class UnitQuerySet(models.QuerySet["Unit"]):
    def visible_to(self, actor: Actor) -> UnitQuerySet:
        """The units of the acting organization, to all who belong to it."""
        if actor.is_system:
            return self
        return self.filter(organization_id=actor.organization_id)

    def open(self) -> UnitQuerySet:
        return self.filter(closed_at=None)

    def below(self, unit_id: int) -> UnitQuerySet:
        """The unit and all that hang on it, at any depth."""
        table = Unit._meta.db_table
        down = RawSQL(  # noqa: S611  # see below
            # Only the name of our own table is put in; the key is a parameter. A circle would end, too: UNION drops repeats.
            f"""WITH RECURSIVE below AS (
                    SELECT id FROM {table} WHERE id = %s
                    UNION SELECT unit.id FROM {table} AS unit JOIN below ON unit.parent_id = below.id
                ) SELECT id FROM below""",  # noqa: S608  # see above
            [unit_id],
        )
        return self.filter(pk__in=down)


class Unit(models.Model):
    """A school, department, workshop or office of an organization; it is closed, never deleted."""

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="units", verbose_name=_("organization")
    )
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("part of"),
    )
    name = models.CharField(_("name"), max_length=100)
    name_en = models.CharField(_("name in English"), max_length=150, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "parent", "name"],
                condition=Q(closed_at=None),
                nulls_distinct=False,
                name="unit_unique_name",
                violation_error_message=_("There is a unit of this name here already."),
            ),
            models.CheckConstraint(condition=Q(parent=None) | ~Q(parent=F("id")), name="unit_not_its_own_parent"),
        ]

    def __str__(self) -> str:
        if self.name_en and not (get_language() or "").startswith("zh"):
            return self.name_en
        return self.name
