"""The story of the small demo, told by the services alone.

太湖理工 sends casting students to 精铸 and builds a laboratory with 莱瑙 in Germany; 姑苏 sends mechatronics students to
海威. Work is under way, one round of evaluation is closed and one is open, and everybody has left something to do.
"""

from __future__ import annotations

from decimal import Decimal

from apps.agreements.models import Agreement
from apps.applications.models import Application
from apps.applications.services import application_accept, application_reject, application_submit, application_withdraw
from apps.bases.models import Base, Intake, Position
from apps.bases.services import base_create, intake_close, intake_draft, intake_open, position_add
from apps.evaluations.models import Evaluation, EvaluationPlan
from apps.evaluations.services import (
    evaluation_submit,
    plan_create,
    rounds_close_due,
    rounds_open_due,
    scheme_create,
    scheme_publish,
)
from apps.placements.models import Placement
from apps.placements.services import (
    placement_arrange,
    placement_break_off,
    placement_complete,
    placement_name_enterprise_tutor,
    placement_start,
)

from . import agreements, texts
from .cast import SUZHOU, TAICANG, WUZHONG
from .stage import SYSTEM, Stage


def tell(stage: Stage) -> None:
    """Play the whole story, once."""
    casting, mechatronics, laboratory = agreements.in_force(stage)
    agreements.under_way(stage, mechatronics)
    agreements.ending(stage)
    foundry = _base(stage, "gao.zhiqiang", casting, Base.Kind.OFF_CAMPUS, *FOUNDRY)
    workshop = _base(stage, "tang.hui", mechatronics, Base.Kind.OFF_CAMPUS, *WORKSHOP)
    _base(stage, "chen.lixin", laboratory, Base.Kind.JOINT_LABORATORY, *LABORATORY)
    measuring = _base(stage, "chen.lixin", casting, Base.Kind.ON_CAMPUS, *MEASURING)
    _work_at_the_foundry(stage, foundry)
    _work_at_the_workshop(stage, workshop)
    _call_for_applications(stage, foundry, workshop, measuring)
    _evaluate(stage)


FOUNDRY = (
    "精铸产教融合实训基地",
    "Precision Casting Training Base",
    WUZHONG,
    "苏州市吴中区东方大道 88 号",
    "学生在熔炼、造型、浇注、检测四个工段轮岗，由车间技师带教。\nStudents rotate through melting, moulding, pouring and testing.",
)
WORKSHOP = (
    "海威机电实训车间",
    "Haiwei Mechatronics Workshop",
    TAICANG,
    "太仓市港区北环路 16 号",
    "装配、接线、调试与维护。\nAssembly, wiring, commissioning and maintenance.",
)
LABORATORY = (
    "轻金属联合实验室",
    "Joint Laboratory of Light Metals",
    SUZHOU,
    "太湖理工大学工程楼 B 座 3 层",
    "与莱瑙轻金属研究所共建，开展铝合金凝固与三维打印砂型研究。\nBuilt with the Rheinau Institute of Light Metals.",
)

MEASURING = (
    "精密测量校内实训室",
    "Precision Measuring Room",
    SUZHOU,
    "太湖理工大学工程楼 A 座 1 层",
    "企业投放设备，开展铸件测量与金相分析。\nWith the enterprise's equipment: measuring of castings and metallography.",
)


def _base(stage: Stage, mail: str, agreement: Agreement, kind: str, *about: str) -> Base:
    name, name_en, region, address, description = about
    return base_create(
        stage.actor(mail),
        agreement_id=agreement.pk,
        kind=kind,
        name=name,
        name_en=name_en,
        region_code=region,
        address=address,
        description=description,
    )


def _intake(
    stage: Stage, mail: str, base: Base, title: str, selection: str, days: tuple[int, int, int], *positions: Job
) -> list[Position]:
    """An intake that takes applications until, and work from and until, these days, still a draft."""
    closes, starts, ends = days
    intake = intake_draft(
        stage.actor(mail),
        base_id=base.pk,
        title=title,
        selection=selection,
        closes_on=stage.day(closes),
        starts_on=stage.day(starts),
        ends_on=stage.day(ends),
    )
    return [
        position_add(stage.actor(mail), intake_id=intake.pk, title=name, tasks=tasks, places=places)
        for name, tasks, places in positions
    ]


Job = tuple[str, str, int]


def _open(stage: Stage, mail: str, positions: list[Position]) -> list[Position]:
    intake_open(stage.actor(mail), intake_id=positions[0].intake_id)
    return positions


def _apply(stage: Stage, student: str, position: Position) -> Application:
    statement = stage.dice.choice(texts.STATEMENTS)
    return application_submit(stage.actor(student), position_id=position.pk, statement=statement)


def _place(
    stage: Stage, student: str, position: Position, *, host: str, school: str, academic: str, tutor: str | None
) -> Placement:
    """From application to placement; with the enterprise tutor named and the three parties' agreement signed it starts."""
    application = _apply(stage, student, position)
    application_accept(stage.actor(host), application_id=application.pk)
    placement = placement_arrange(
        stage.actor(school), application_id=application.pk, academic_tutor_id=stage.members[academic].pk
    )
    if tutor is None:
        return placement
    placement = placement_name_enterprise_tutor(
        stage.actor(host), placement_id=placement.pk, tutor_id=stage.members[tutor].pk
    )
    agreements.for_placement(stage, placement, student, host=host, school=school)
    return placement_start(stage.actor(host), placement_id=placement.pk)


def _work_at_the_foundry(stage: Stage, base: Base) -> None:
    jobs = [
        ("铸造工艺员 Casting technician", "熔炼、浇注与工艺参数记录。Melting, pouring, recording of parameters.", 5),
        ("质量检验员 Quality inspector", "三坐标与探伤检验。Measuring and X-ray inspection.", 3),
    ]
    casting, quality = _open(
        stage,
        "gao.zhiqiang",
        _intake(stage, "gao.zhiqiang", base, "秋季实习 Autumn", Intake.Selection.REVIEWED, (0, -54, 70), *jobs),
    )
    sides = {"host": "gao.zhiqiang", "school": "chen.lixin"}
    first = _place(stage, "li.mingxuan", casting, **sides, academic="wang.haiyan", tutor="ma.tiejun")
    second = _place(stage, "zhang.yutong", casting, **sides, academic="wang.haiyan", tutor="ma.tiejun")
    third = _place(stage, "liu.zihan", quality, **sides, academic="xu.zhiyuan", tutor="zhu.li")
    _place(stage, "zhao.yinuo", casting, **sides, academic="wang.haiyan", tutor=None)
    waiting = _apply(stage, "huang.junjie", quality)
    application_accept(stage.actor("gao.zhiqiang"), application_id=waiting.pk)
    refused = _apply(stage, "wu.siyuan", casting)
    application_reject(
        stage.actor("gao.zhiqiang"), application_id=refused.pk, reason="本期名额优先大四学生，欢迎下期再申请。"
    )
    intake_close(stage.actor("gao.zhiqiang"), intake_id=casting.intake_id)

    stage.log_days(first, "ma.tiejun", "casting")
    stage.log_days(second, "ma.tiejun", "casting", until=-2)
    stage.log_days(third, "zhu.li", "quality", until=-10)
    journals = stage.write_journals(first, "li.mingxuan")
    stage.answer(journals[:-1], "wang.haiyan", "academic")
    stage.answer(journals[:-2], "ma.tiejun", "enterprise")
    others = stage.write_journals(second, "zhang.yutong", missing=(0, 1))
    stage.answer(others[:-2], "wang.haiyan", "academic")
    stage.answer(others[:-1], "ma.tiejun", "enterprise")
    stage.answer(stage.write_journals(third, "liu.zihan", missing=(0, 1, 2)), "xu.zhiyuan", "academic")


def _work_at_the_workshop(stage: Stage, base: Base) -> None:
    job = ("装配调试员 Assembly technician", "装配、接线、调试。Assembly, wiring, commissioning.", 4)
    [position] = _open(
        stage,
        "tang.hui",
        _intake(stage, "tang.hui", base, "订单班实习 Order class", Intake.Selection.REVIEWED, (0, -100, 40), job),
    )
    sides = {"host": "tang.hui", "school": "qian.xiaoyun", "academic": "gu.jianhua", "tutor": "ding.wei"}
    placements = {mail: _place(stage, mail, position, **sides) for mail in ("jiang.haoran", "yu.mengjie", "lu.chenxi")}
    for mail, until in (("jiang.haoran", -1), ("yu.mengjie", -1), ("lu.chenxi", -50)):
        stage.log_days(placements[mail], "ding.wei", "assembly", until=until)
        journals = stage.write_journals(placements[mail], mail, missing=tuple(range(until // -7 + 1)))
        stage.answer(journals[:-1], "gu.jianhua", "academic")
    placement_break_off(
        stage.actor("tang.hui"), placement_id=placements["lu.chenxi"].pk, reason="学生因病休学。Leave for illness."
    )
    short = _place(stage, "feng.zixuan", position, **sides)
    stage.log_days(short, "ding.wei", "assembly", until=-30)
    placement_complete(stage.actor("qian.xiaoyun"), placement_id=short.pk)
    late = _apply(stage, "bao.yueyue", position)
    application_accept(stage.actor("tang.hui"), application_id=late.pk)
    coming = placement_arrange(
        stage.actor("qian.xiaoyun"),
        application_id=late.pk,
        academic_tutor_id=stage.members["gu.jianhua"].pk,
        starts_on=stage.day(7),
    )
    agreements.ask_guardian(stage, coming, "bao.yueyue", school="qian.xiaoyun")
    intake_close(stage.actor("tang.hui"), intake_id=position.intake_id)


def _call_for_applications(stage: Stage, foundry: Base, workshop: Base, measuring: Base) -> None:
    """One intake where the base decides, one where the first come are served, one not yet opened."""
    jobs = [
        ("铸造工艺员 Casting technician", "熔炼、浇注与工艺参数记录。Melting, pouring, recording of parameters.", 4),
        ("模具助理 Tooling assistant", "模具维护与三维设计。Maintenance and design of dies.", 2),
    ]
    casting, tooling = _open(
        stage,
        "gao.zhiqiang",
        _intake(stage, "gao.zhiqiang", foundry, "春季实习 Spring", Intake.Selection.REVIEWED, (12, 45, 160), *jobs),
    )
    for student, position in (("wu.siyuan", casting), ("lin.xiaotong", casting), ("he.jiayi", tooling)):
        _apply(stage, student, position)
    withdrawn = _apply(stage, "guo.tianyu", tooling)
    application_withdraw(stage.actor("guo.tianyu"), application_id=withdrawn.pk)

    job = ("实验助理 Laboratory assistant", "试样制备与金相分析。Preparing and examining samples.", 3)
    [assistant] = _open(
        stage,
        "chen.lixin",
        _intake(
            stage, "chen.lixin", measuring, "开放课题 Open topics", Intake.Selection.FIRST_COME, (20, 30, 120), job
        ),
    )
    for student in ("guo.tianyu", "lin.xiaotong"):
        _apply(stage, student, assistant)

    draft = ("电气调试员 Electrical technician", "电柜装配与通电检查。Cabinets and first tests.", 3)
    _intake(stage, "tang.hui", workshop, "寒假实习 Winter", Intake.Selection.REVIEWED, (25, 40, 60), draft)


def _evaluate(stage: Stage) -> None:
    """Both universities have scored one round; a second one is open, with one sheet handed in."""
    for mail, title, cadence, first in (
        ("chen.lixin", "岗位实习综合评价 Placement evaluation", EvaluationPlan.Cadence.FORTNIGHTLY, -17),
        ("qian.xiaoyun", "订单班实习评价 Evaluation of the order class", EvaluationPlan.Cadence.MONTHLY, -33),
    ):
        actor = stage.actor(mail)
        scheme = scheme_create(actor, title=title, criteria=texts.CRITERIA)
        scheme_publish(actor, scheme_id=scheme.pk)
        plan_create(
            actor,
            scheme_id=scheme.pk,
            cadence=cadence,
            first_due_on=stage.day(first),
            ends_on=stage.day(200),
            days_open=7,
        )
    scheme_create(
        stage.actor("chen.lixin"), title="毕业设计评价（草案） Graduation project (draft)", criteria=texts.CRITERIA[:2]
    )
    for first in (-33, -17):
        rounds_open_due(SYSTEM, today=stage.day(first))
        _score(stage, Evaluation.objects.pending().order_by("pk"))
        rounds_close_due(SYSTEM, today=stage.day(first + 8))
    rounds_open_due(SYSTEM, today=stage.today)
    _score(stage, Evaluation.objects.pending().filter(evaluator=stage.members["zhu.li"]))


def _score(stage: Stage, sheets: object) -> None:
    """Hand in these sheets, each by its evaluator."""
    people = {member.pk: mail for mail, member in stage.members.items()}
    for sheet in list(sheets):  # type: ignore[call-overload]  # a queryset
        criteria = sheet.round.plan.scheme.criteria.all()
        evaluation_submit(
            stage.actor(people[sheet.evaluator_id]),
            evaluation_id=sheet.pk,
            scores={criterion.pk: Decimal(stage.dice.randrange(120, 197)) / 2 for criterion in criteria},
            comment=stage.dice.choice(texts.COMMENTS),
        )
