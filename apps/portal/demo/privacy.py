"""Demo data about own data: consents, a minor with a guardian and one without, a look at what is masked."""

from __future__ import annotations

from datetime import date

from apps.accounts.models import User
from apps.core.services import save_valid
from apps.privacy.models import ConsentText, LegalGuardian, Purpose
from apps.privacy.services import consent_give, consent_withdraw, disclosure_record, guardian_register
from apps.privacy.services.consents import publish_texts

from .stage import Stage

WITH_GUARDIAN = {"jiang.haoran": "蒋国平", "bao.yueyue": "鲍建平"}
WITHOUT_GUARDIAN = "yu.mengjie"


def play(stage: Stage) -> None:
    """Three students of 姑苏 are 17; one of 太湖理工 has agreed to what is asked, and taken one back."""
    publish_texts()
    for mail in (*WITH_GUARDIAN, WITHOUT_GUARDIAN):
        person = User.objects.get(pk=stage.members[mail].user_id)
        person.birth_date = date(stage.today.year - 17, 1, 15)
        save_valid(person)
    for mail, name in WITH_GUARDIAN.items():
        guardian_register(
            stage.actor("qian.xiaoyun"),
            person_id=stage.members[mail].user_id,
            name=name,
            relation=LegalGuardian.Relation.FATHER,
            phone="+86 138 0000 1234",
            email=f"{mail}@parents.example.org",
        )
    student = stage.actor("li.mingxuan")
    for purpose in (Purpose.ENTERPRISE_PROFILE, Purpose.PHOTO):
        text = ConsentText.objects.get(purpose=purpose, superseded_at=None)
        consent = consent_give(student, text_id=text.pk)
    consent_withdraw(student, consent_id=consent.pk)
    disclosure_record(
        stage.actor("chen.lixin"),
        subject_id=student.user_id,
        what="身份证件号码",
        reason="为实习学生购买责任保险",
    )
