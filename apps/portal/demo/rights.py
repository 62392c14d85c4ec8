"""Demo data about rights: a school whose tutors see agreements, whose vice-president signs, whose lecturer runs a base."""

from __future__ import annotations

from apps.organizations.models import Role
from apps.organizations.services import person_right_grant, role_right_grant

from .stage import Stage


def play(stage: Stage) -> None:
    administrator = stage.actor("zhou.min")
    role_right_grant(administrator, role=Role.TUTOR, codename="view_agreements")
    for mail, codename in (("sun.guoqiang", "sign_agreements"), ("xu.zhiyuan", "manage_bases")):
        person_right_grant(administrator, membership_id=stage.members[mail].pk, codename=codename)
