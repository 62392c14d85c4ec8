"""The agreements of the story: in force, on the way through their circuits, amended, suspended, refused, ending."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from django.utils import translation

from apps.agreements.models import Agreement, AgreementParty, AgreementVersion, LedgerEntry, Obligation, Signer
from apps.agreements.services import (
    Slot,
    agreement_refuse,
    agreement_send_back,
    agreement_submit,
    agreement_suspend,
    agreement_terminate,
    agreements_end_due,
    ledger_record,
    new_duty_key,
    obligation_confirm,
    obligation_report,
    signers_set,
    version_propose,
    version_revise,
)
from apps.agreements.terms import Duty, Share
from apps.bases.models import Base
from apps.bases.services import base_create
from apps.core.actor import Actor
from apps.placements.models import Placement
from apps.placements.services import placement_agreement_draft

from .cast import KUNSHAN
from .signing import newest, sign_here
from .stage import SYSTEM, Stage

CASTING = "培养面向铝合金精密铸造的技术技能人才。Training for precision casting of aluminium alloys."
MECHATRONICS = "培养机电一体化装配与维护人才。Training for the assembly and maintenance of mechatronic systems."
SOFTWARE = "培养工业软件与数据服务人才。Training for industrial software and data services."
GUARDIANS = {"jiang.haoran": "蒋国平", "yu.mengjie": "俞建国"}
"""who signed on paper for a student under 18"""
Side, Category, Stage_, Horizon = LedgerEntry.Side, LedgerEntry.Category, LedgerEntry.Stage, LedgerEntry.Horizon


def in_force(stage: Stage) -> tuple[Agreement, Agreement, Agreement]:
    """What bases stand on: signed on paper before the portal was there, with duties, shares and a ledger."""
    casting = stage.draft(
        "chen.lixin",
        "jingzhu",
        title="铝合金铸造实训基地共建协议 · Training base for aluminium casting",
        mode="training_base",
        purpose=CASTING,
        days=(-210, 520),
    )
    _promise(stage, casting)
    stage.conclude(casting, "chen.lixin", "gao.zhiqiang")
    mechatronics = stage.draft(
        "qian.xiaoyun",
        "haiwei",
        title="机电一体化订单班培养协议 · Order class of mechatronics",
        mode="order_based",
        purpose=MECHATRONICS,
        days=(-300, 65),
    )
    stage.conclude(mechatronics, "tang.hui", "qian.xiaoyun")
    laboratory = stage.draft(
        "chen.lixin",
        "jingzhu",
        "rheinau",
        title="轻金属联合实验室三方协议 · Joint laboratory of light metals",
        mode="joint_laboratory",
        purpose=CASTING,
        days=(-90, 1000),
    )
    stage.conclude(laboratory, "chen.lixin", "anna.keller", "luo.ming")
    _keep_books(stage, casting)
    _amend(stage, casting)
    return casting, mechatronics, laboratory


def _promise(stage: Stage, agreement: Agreement) -> None:
    school, host = agreement.parties.order_by("pk")
    duties = [
        (host, Obligation.Kind.PLACES, "每学期提供实习岗位 Places for students", 16, "个", 150),
        (host, Obligation.Kind.TUTOR_HOURS, "企业导师带教 Hours of enterprise tutors", 400, "小时", 60),
        (school, Obligation.Kind.TUTOR_HOURS, "校内导师下厂指导 Visits of academic tutors", 60, "小时", -20),
        (school, Obligation.Kind.EQUIPMENT, "投放三坐标测量机 Coordinate measuring machine", 1, "台", -100),
    ]
    version_revise(
        stage.actor("chen.lixin"),
        version_id=newest(agreement.pk).pk,
        expected_revision=None,
        duties=tuple(_duty(stage, *duty) for duty in duties),
        shares=(Share(school.pk, Decimal(45), Decimal(40)), Share(host.pk, Decimal(55), Decimal(60))),
    )


def _duty(stage: Stage, party: AgreementParty, kind: str, text: str, quantity: int, unit: str, due: int) -> Duty:
    return Duty(new_duty_key(), party.pk, kind, text, Decimal(quantity), unit, stage.day(due))


def _keep_books(stage: Stage, agreement: Agreement) -> None:
    """One duty is fulfilled, one reported, one late; both sides have written into the ledger."""
    school, host = stage.actor("chen.lixin"), stage.actor("gao.zhiqiang")
    equipment = agreement.obligations.get(kind=Obligation.Kind.EQUIPMENT)
    obligation_report(school, obligation_id=equipment.pk, note="设备已于实训车间验收。Installed and accepted.")
    obligation_confirm(host, obligation_id=equipment.pk)
    hours = agreement.obligations.get(kind=Obligation.Kind.TUTOR_HOURS, quantity=400)
    obligation_report(host, obligation_id=hours.pk, note="累计带教 412 小时。412 hours so far.")
    entries = [
        (
            school,
            Side.CONTRIBUTION,
            Category.EQUIPMENT,
            Stage_.ACTUAL,
            Horizon.LONG,
            1,
            "pieces",
            380000,
            -100,
            "三坐标测量机",
        ),
        (
            school,
            Side.CONTRIBUTION,
            Category.STAFF_HOURS,
            Stage_.ACTUAL,
            Horizon.SHORT,
            48,
            "hours",
            9600,
            -30,
            "校内导师",
        ),
        (school, Side.BENEFIT, Category.PLACES, Stage_.ACTUAL, Horizon.SHORT, 8, "persons", 64000, -54, "秋季实习岗位"),
        (school, Side.BENEFIT, Category.RESULTS, Stage_.PLANNED, Horizon.LONG, 2, "pieces", 120000, 200, "联合专利"),
        (host, Side.CONTRIBUTION, Category.WAGES, Stage_.ACTUAL, Horizon.SHORT, 52000, "CNY", None, -10, "实习报酬"),
        (
            host,
            Side.CONTRIBUTION,
            Category.STAFF_HOURS,
            Stage_.ACTUAL,
            Horizon.SHORT,
            412,
            "hours",
            61800,
            -5,
            "企业导师",
        ),
        (host, Side.BENEFIT, Category.OUTPUT, Stage_.ACTUAL, Horizon.SHORT, 86000, "CNY", None, -5, "实习生参与的产值"),
        (host, Side.BENEFIT, Category.HIRES, Stage_.PLANNED, Horizon.LONG, 5, "persons", 150000, 250, "毕业生留用"),
    ]
    for actor, side, category, step, horizon, amount, unit, value, day, note in entries:
        ledger_record(
            actor,
            agreement_id=agreement.pk,
            side=side,
            category=category,
            stage=step,
            horizon=horizon,
            amount=Decimal(amount),
            unit=unit,
            value=None if value is None else Decimal(value),
            day=stage.day(day),
            note=note,
        )


def _amend(stage: Stage, agreement: Agreement) -> None:
    """More places: proposed by the enterprise, signed by both."""
    host = stage.actor("gao.zhiqiang")
    version = version_propose(
        host, agreement_id=agreement.pk, kind=AgreementVersion.Kind.AMENDMENT, note="扩产后实习岗位由16个增至24个。"
    )
    duties = [
        replace(duty, quantity=Decimal(24)) if duty.kind == Obligation.Kind.PLACES else duty
        for duty in version.said.duties
    ]
    version_revise(host, version_id=version.pk, expected_revision=None, duties=tuple(duties))
    agreement_submit(host, agreement_id=agreement.pk)
    sign_here(agreement.pk, [host, stage.actor("chen.lixin")])


def under_way(stage: Stage, mechatronics: Agreement) -> None:
    """Everybody who signs for somebody has something to sign, finish or remember."""
    talent = stage.draft(
        "cao.yang",
        "gusu",
        "group",
        title="工业软件人才培养三方协议 · Talent programme of industrial software",
        mode="talent_programme",
        purpose=SOFTWARE,
        days=(10, 740),
    )
    stage.conclude(talent, "cao.yang")
    ventures = stage.draft(
        "zhou.min",
        "government",
        "association",
        "jingzhu",
        title="大学生创新创业扶持协议 · Support of student ventures",
        mode="entrepreneurship",
        purpose=CASTING,
        days=(15, 381),
    )
    stage.conclude(ventures, "zhou.min")
    teachers = stage.draft(
        "tang.hui",
        "taihu",
        "rheinau",
        title="双师型教师企业实践协议 · Teachers in the enterprise",
        mode="teacher_team",
        purpose=MECHATRONICS,
        days=(5, 371),
    )
    stage.conclude(teachers, "tang.hui")
    stage.draft(
        "chen.lixin",
        "haiwei",
        title="教学资源共建协议（草案） · Shared teaching resources (draft)",
        mode="teaching_resources",
        purpose=MECHATRONICS,
        days=(30, 400),
    )
    _renew(stage, mechatronics)
    _return(stage)


def _renew(stage: Stage, agreement: Agreement) -> None:
    """The order class ends soon: the school proposes to go on, and the enterprise has not signed yet."""
    school = stage.actor("qian.xiaoyun")
    version = version_propose(
        school,
        agreement_id=agreement.pk,
        kind=AgreementVersion.Kind.RENEWAL,
        note="订单班续办一届，协议期限延长一年。",
    )
    version_revise(school, version_id=version.pk, expected_revision=None, ends_on=stage.day(430))
    agreement_submit(school, agreement_id=agreement.pk)
    sign_here(agreement.pk, [school])


def _return(stage: Stage) -> None:
    """One comes back to be changed, and one is refused."""
    resources = stage.draft(
        "qian.xiaoyun",
        "jingzhu",
        title="铸造虚拟仿真课程共建协议 · Virtual casting courses",
        mode="teaching_resources",
        purpose=CASTING,
        days=(20, 750),
    )
    stage.conclude(resources, "qian.xiaoyun")
    agreement_send_back(
        stage.actor("gao.zhiqiang"), agreement_id=resources.pk, reason="成果归属一条请写明源代码的使用范围。"
    )
    courses = stage.draft(
        "chen.lixin",
        "gusu",
        title="精密测量课程共享协议 · Shared course on precision measuring",
        mode="course_sharing",
        purpose=CASTING,
        days=(12, 400),
    )
    stage.conclude(courses)
    agreement_refuse(
        stage.actor("qian.xiaoyun"), agreement_id=courses.pk, reason="两校学分标准尚未统一，本学年暂不开展。"
    )


def ending(stage: Stage) -> None:
    """One has run out, one is suspended, one ends with notice, and one was ended together with its base."""
    resources = stage.draft(
        "chen.lixin",
        "jingzhu",
        title="铸造工艺教材编写协议 · Textbook on casting",
        mode="teaching_resources",
        purpose=CASTING,
        days=(-430, -40),
    )
    stage.conclude(resources, "chen.lixin", "gao.zhiqiang")
    agreements_end_due(SYSTEM)
    testing = stage.draft(
        "cao.yang",
        "gusu",
        title="数据标注实训基地协议 · Training base for data services",
        mode="training_base",
        purpose=SOFTWARE,
        days=(-150, 600),
    )
    stage.conclude(testing, "cao.yang", "qian.xiaoyun")
    agreement_suspend(stage.actor("cao.yang"), agreement_id=testing.pk, reason="实训机房改造，预计两个月后恢复。")
    transfer = stage.draft(
        "chen.lixin",
        "haiwei",
        title="伺服控制技术转让协议 · Transfer of servo control technology",
        mode="technology_transfer",
        purpose=MECHATRONICS,
        days=(-200, 300),
    )
    stage.conclude(transfer, "chen.lixin", "tang.hui")
    agreement_terminate(
        stage.actor("tang.hui"),
        agreement_id=transfer.pk,
        cause=Agreement.Cause.NOTICE,
        reason="产品线调整，不再使用该技术。",
        settlement="已支付的许可费不退，未到期部分不再支付。",
        last_day=stage.day(45),
    )
    _close_down(stage)


def _close_down(stage: Stage) -> None:
    ended = stage.draft(
        "cao.yang",
        "taihu",
        title="软件测试实训合作协议 · Training in software testing",
        mode="training_base",
        purpose=SOFTWARE,
        days=(-400, 120),
    )
    stage.conclude(ended, "cao.yang", "zhou.min")
    base = base_create(
        stage.actor("cao.yang"),
        agreement_id=ended.pk,
        kind=Base.Kind.OFF_CAMPUS,
        name="云织软件测试实训室",
        name_en="Yunzhi Software Testing Room",
        region_code=KUNSHAN,
        address="昆山市花桥经济开发区商银路 538 号",
    )
    agreement_terminate(
        stage.actor("cao.yang"),
        agreement_id=ended.pk,
        cause=Agreement.Cause.CONSENT,
        reason=f"研发团队搬迁，{base.name}停止运行。The team has moved and the room is closed.",
        settlement="没有在岗学生；设备由学校收回。",
    )


def for_placement(stage: Stage, placement: Placement, student: str, *, host: str, school: str) -> None:
    """The agreement of school, enterprise and student on a placement that began before the portal; on paper."""
    with translation.override("zh-hans"):
        agreement = placement_agreement_draft(
            stage.actor(school), placement_id=placement.pk, not_before=placement.starts_on
        )
    version_revise(
        stage.actor(school), version_id=newest(agreement.pk).pk, expected_revision=None, sign_until=stage.day(30)
    )
    if student in GUARDIANS:
        _name_guardian(stage.actor(school), newest(agreement.pk), GUARDIANS[student])
    stage.conclude(agreement, school, host)


def ask_guardian(stage: Stage, placement: Placement, student: str, *, school: str) -> None:
    """A student under 18 has signed; the guardian has the link to do so."""
    with translation.override("zh-hans"):
        agreement = placement_agreement_draft(stage.actor(school), placement_id=placement.pk)
    stage.conclude(agreement, student)


def _name_guardian(actor: Actor, version: AgreementVersion, name: str) -> None:
    """Who signed on paper beside the student; no link goes to them."""
    slots = [
        Slot(
            signer.party_id,
            signer.capacity,
            signer.order,
            membership=signer.membership_id or 0,
            name=name if signer.capacity == Signer.Capacity.GUARDIAN else "",
        )
        for signer in version.circuit
    ]
    signers_set(actor, version_id=version.pk, expected_revision=None, slots=slots)
