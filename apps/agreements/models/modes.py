"""What an agreement can be for: the modes of cooperation and the texts that they start from."""

from __future__ import annotations

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor
from apps.organizations.models import Organization

from ..terms import BLANK


class ClauseKey(models.TextChoices):
    """What a clause is about. The nine of the internship rules (2021, art. 14) and those of cooperation."""

    PARTIES = "parties", _("parties")
    SCOPE = "scope", _("time, place, content and conditions")
    OBLIGATIONS = "obligations", _("rights and obligations")
    WORKING_TIME = "working_time", _("working time and rest")
    PAY = "pay", _("pay")
    SAFETY = "safety", _("protection and safety")
    INSURANCE = "insurance", _("insurance and accidents")
    ASSESSMENT = "assessment", _("assessment")
    OWNERSHIP = "ownership", _("ownership of results")
    INCOME = "income", _("income distribution")
    SHARES = "shares", _("benefit and risk shares")
    BREACH = "breach", _("breach and early termination")
    CONFIDENTIALITY = "confidentiality", _("confidentiality")
    OTHER = "other", _("other")


class Opens(models.TextChoices):
    """What an agreement in force lets begin; the code of a mode stands for individual agreements of that mode."""

    BASE = "base", _("a training base")
    ORDER_CLASS = "order_class", _("an order class")
    START = "start", _("the start of a placement")
    TUTORS = "tutors", _("tutors and part-time teachers")
    COURSES = "courses", _("shared courses")
    PROGRAMME = "programme", _("a training programme")
    PROJECT = "project", _("a project")
    VENTURE = "venture", _("a venture")
    EXCHANGE = "exchange", _("an exchange of students")
    ENGAGEMENT = "engagement", _("the engagement of a teacher")
    GRANT = "grant", _("a grant")


SIGNING_KINDS = [*Organization.Kind.choices, ("student", _("student")), ("guardian", _("guardian"))]
"""Kinds of signers, which sign in the order of a mode."""


class ModeQuerySet(models.QuerySet["Mode"]):
    def visible_to(self, actor: Actor) -> ModeQuerySet:
        """The portal's modes and those of the acting organization, to every member."""
        if actor.is_system:
            return self
        if not actor.is_member:
            return self.none()
        return self.filter(Q(organization=None) | Q(organization_id=actor.organization_id))

    def in_use(self) -> ModeQuerySet:
        return self.filter(retired_at=None)


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Mode(models.Model):
    """A mode of cooperation: who must be party to it, what must be settled, who signs in which order, for how long."""

    class Signing(models.TextChoices):
        PARALLEL = "parallel", _("all at once")
        ORDERED = "ordered", _("one after the other")

    code = models.SlugField(
        _("code"), max_length=30, primary_key=True, validators=[RegexValidator(r"^[a-z][a-z0-9_]*$")]
    )
    name = models.CharField(_("name"), max_length=60)
    name_en = models.CharField(_("name in English"), max_length=80)
    summary = models.CharField(_("summary"), max_length=200)
    summary_en = models.CharField(_("summary in English"), max_length=250)
    party_kinds = ArrayField(
        models.CharField(max_length=80),
        verbose_name=_("required parties"),
        default=list,
        blank=True,
        help_text=_("Kinds of organizations, one an entry; “university|research_institute” means one of the two."),
    )
    required_clauses = ArrayField(
        models.CharField(max_length=20, choices=ClauseKey.choices), verbose_name=_("required clauses")
    )
    signing = models.CharField(_("signing"), max_length=10, choices=Signing.choices, default=Signing.PARALLEL)
    signing_order = ArrayField(
        models.CharField(max_length=20),
        verbose_name=_("order of signing"),
        default=list,
        blank=True,
        help_text=_("Kinds of signers, first to last."),
    )
    shortest_months = models.PositiveSmallIntegerField(_("shortest term in months"), default=1)
    longest_months = models.PositiveSmallIntegerField(_("longest term in months"), null=True, blank=True)
    opens = ArrayField(models.CharField(max_length=20), verbose_name=_("opens"), default=list, blank=True)
    organization = models.ForeignKey(
        Organization,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("organization"),
        help_text=_("Whose own mode this is; empty for those of the portal."),
    )
    retired_at = models.DateTimeField(_("retired"), null=True, blank=True)

    objects = ModeQuerySet.as_manager()

    class Meta:
        verbose_name = _("cooperation mode")
        verbose_name_plural = _("cooperation modes")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(longest_months=None) | Q(longest_months__gte=F("shortest_months")),
                name="mode_longest_after_shortest",
                violation_error_message=_("The longest term is shorter than the shortest."),
            ),
            models.CheckConstraint(
                condition=~Q(signing="ordered") | ~Q(signing_order=[]),
                name="mode_ordered_has_order",
                violation_error_message=_("Say in which order the signers sign."),
            ),
        ]

    def __str__(self) -> str:
        return self.name if (get_language() or "").startswith("zh") else self.name_en

    @property
    def local_summary(self) -> str:
        return self.summary if (get_language() or "").startswith("zh") else self.summary_en

    @property
    def asks_framework(self) -> bool:
        """Whether an agreement of this mode is made under another: one under which a placement starts is."""
        return "start" in self.opens

    @property
    def asks_students(self) -> bool:
        """Whether students are parties."""
        return "student" in self.signing_order

    @property
    def words(self) -> tuple[str, ...]:
        """The blanks that an agreement of this mode fills with words: who engages in what."""
        return tuple(ModeTemplate.WORDS) if "engagement" in self.opens else ()

    @property
    def blanks(self) -> tuple[str, ...]:
        """What a text of this mode may leave open, as ``{parties}``."""
        return ("parties", "starts_on", "ends_on", *ModeTemplate.VALUES, *self.words)

    def missing_kinds(self, kinds: list[str]) -> list[str]:
        """Which of the required parties are not among these kinds; each party counts for one requirement."""
        left = list(kinds)
        missing = []
        for wanted in sorted(self.party_kinds, key=lambda wanted: wanted.count("|")):
            found = next((kind for kind in left if kind in wanted.split("|")), None)
            if found is None:
                missing.append(wanted)
            else:
                left.remove(found)
        return missing


@pghistory.track()
class ModeTemplate(models.Model):
    """One version of the text from which an agreement of a mode starts. It is never changed: a change is a new version."""

    VALUES = {"notice_days": "30", "grade_days": "30"}
    """The blanks that the parties fill with a number of days, and what a draft starts from."""
    WORDS = {
        "teacher": _("teacher"),
        "teacher_field": _("the teacher's own field"),
        "business_field": _("field of the business"),
    }
    """The blanks that the parties to a teacher's engagement fill with words."""
    BLANKS = ("parties", "starts_on", "ends_on", *VALUES, *WORDS)
    """What a text may leave open, as ``{parties}``."""

    mode = models.ForeignKey(Mode, on_delete=models.PROTECT, related_name="templates", verbose_name=_("mode"))
    version = models.PositiveIntegerField(_("version"))
    clauses = models.JSONField(_("clauses"), help_text=_("In order: key, heading and text in both languages."))
    shipped = models.BooleanField(_("comes with the portal"), default=False, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("agreement template")
        verbose_name_plural = _("agreement templates")
        ordering = ["mode", "-version"]
        constraints = [models.UniqueConstraint(fields=["mode", "version"], name="mode_template_unique_version")]

    def __str__(self) -> str:
        return f"{self.mode_id} {self.version}"

    @classmethod
    def fits(cls, text: str) -> bool:
        """Whether every brace of the text belongs to a blank that can be filled."""
        rest = BLANK.sub("", text)
        return {*BLANK.findall(text)} <= {*cls.BLANKS} and "{" not in rest and "}" not in rest

    def clauses_in(self, language: str) -> list[dict[str, str]]:
        """Key, heading and text of each clause in a language, with the blanks still open."""
        suffix = "" if language.startswith("zh") else "_en"
        return [
            {"key": clause["key"], "heading": clause[f"heading{suffix}"], "text": clause[f"text{suffix}"]}
            for clause in self.clauses
        ]
