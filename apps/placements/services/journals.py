"""The student's week, and the tutors' answers."""

from __future__ import annotations

from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.actor import Actor
from apps.core.errors import WrongState
from apps.core.services import fetch_locked, save_valid, service
from apps.notifications.services import notify

from ..models import Journal, JournalAnswer, Placement
from ..policies import can_answer, can_write_journal


@service
def journal_submit(
    actor: Actor, *, placement_id: int, week_of: date, work_done: str, learnt: str, reflection: str = ""
) -> Journal:
    """The student's journal of one week of a placement that has started; both tutors are told.

    The last week may be written after the placement was completed. ``ValidationError`` unless ``week_of`` is a Monday, not
    to come, and its week touches the placement; or when that week has another journal. A repeat returns the first.
    """
    placement = fetch_locked(Placement.objects.visible_to(actor), pk=placement_id)
    can_write_journal(actor, placement).require()
    if placement.state not in Placement.WITH_JOURNAL:
        raise WrongState(
            _("Journals are written from the start of a placement on; this one is “%(state)s”.")
            % {"state": placement.get_state_display()}
        )
    present = Journal.objects.filter(placement=placement, week_of=week_of).first()
    if present is not None:
        if (present.work_done, present.learnt, present.reflection) == (work_done, learnt, reflection):
            return present
        raise ValidationError({"week_of": _("You have written the journal of this week already.")})
    _check_week(placement, week_of)
    journal = Journal(placement=placement, week_of=week_of, work_done=work_done, learnt=learnt, reflection=reflection)
    save_valid(journal)
    notify("journal_submitted", key=str(journal.pk), journal=journal.pk)
    return journal


def _check_week(placement: Placement, monday: date) -> None:
    if monday.isoweekday() != 1:
        raise ValidationError({"week_of": _("A week is named by its Monday.")})
    if monday > timezone.localdate():
        raise ValidationError({"week_of": _("This week has not come yet.")})
    if monday > placement.ends_on or monday + timedelta(days=6) < placement.starts_on:
        raise ValidationError({"week_of": _("This week lies outside the placement.")})


@service
def journal_answer(actor: Actor, *, journal_id: int, text: str) -> JournalAnswer:
    """A tutor's one answer to a journal; the student is told.

    ``ValidationError`` when the tutor gave another answer before. A repeat returns the first.
    """
    journal = fetch_locked(Journal.objects.visible_to(actor).select_related("placement"), pk=journal_id)
    can_answer(actor, journal.placement).require()
    present = JournalAnswer.objects.filter(journal=journal, tutor_id=actor.membership_id).first()
    if present is not None:
        if present.text == text:
            return present
        raise ValidationError({"text": _("You have answered this journal already.")})
    answer = JournalAnswer(journal=journal, tutor_id=actor.membership_id, text=text)
    save_valid(answer)
    notify("journal_answered", key=str(answer.pk), answer=answer.pk)
    return answer
