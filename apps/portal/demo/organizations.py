"""Units, an invitation that waits, an organization that asks to be let in and one that was not."""

from __future__ import annotations

from django.core.files.base import ContentFile
from stdnum.cn import uscc

from apps.core.actor import Actor
from apps.organizations.models import Organization, Role, Unit
from apps.organizations.services import (
    invitation_create,
    membership_set_unit,
    registration_reject,
    registration_submit,
    unit_add,
)

from .cast import KUNSHAN, TAICANG
from .papers import page
from .stage import SYSTEM, Stage

# By whom, and the tree: name, name in English, the units below, the members.
TREES = {
    "zhou.min": [
        (
            "机电工程学院",
            "School of Mechatronics",
            ["数控技术教研室", "机器人技术教研室"],
            ["wang.haiyan", "xu.zhiyuan"],
        ),
        ("教务处", "Academic Affairs Office", ["校企合作办公室"], ["zhou.min", "chen.lixin"]),
    ],
    "luo.ming": [
        ("铸造车间", "Foundry", ["熔炼班", "清理班"], ["ma.tiejun"]),
        ("质量部", "Quality Department", [], ["zhu.li"]),
        ("人力资源部", "Human Resources", [], ["gao.zhiqiang"]),
    ],
}
GUESTS = [
    ("li.qiang@taihu.example.org", "李强", Role.TUTOR, "讲师"),
    ("hu.ting@taihu.example.org", "胡婷", Role.OBSERVER, ""),
]


def play(stage: Stage) -> None:
    """By the services, as the people of the story."""
    for mail, tree in TREES.items():
        for name, name_en, below, members in tree:
            _unit(stage, mail, name, name_en, below, members)
    for email, name, role, title in GUESTS:
        invitation_create(stage.actor("zhou.min"), email=email, role=role, name=name, title=title)
    _register(
        stage, "he.lei@example.org", "何磊", "昆山明德自动化有限公司", "Kunshan Mingde Automation Co., Ltd.", KUNSHAN, 1
    )
    rejected = _register(stage, "fang.yu@example.org", "方宇", "太仓顺达物流有限公司", "", TAICANG, 2)
    registration_reject(SYSTEM, registration_id=rejected, reason="营业执照照片无法辨认，请重新上传清晰的扫描件。")


def _unit(stage: Stage, mail: str, name: str, name_en: str, below: list[str], members: list[str]) -> Unit:
    actor = stage.actor(mail)
    unit = unit_add(actor, name=name, name_en=name_en)
    for child in below:
        unit_add(actor, name=child, parent_id=unit.pk)
    for member in members:
        membership_set_unit(actor, membership_id=stage.members[member].pk, unit_id=unit.pk)
    return unit


def _register(stage: Stage, email: str, person: str, name: str, name_en: str, region: str, number: int) -> int:
    body = f"91{region}MA7DEM{number}F{number}"
    registration = registration_submit(
        Actor(user_id=stage.newcomer(email, person).pk),
        kind=Organization.Kind.ENTERPRISE,
        country="CN",
        code=body + uscc.calc_check_digit(body),
        name=name,
        name_en=name_en,
        region_code=region,
        evidence=ContentFile(page("Business licence", body), name="营业执照.pdf"),
    )
    return registration.pk
