"""Who appears in the demo: organizations and people, all invented."""

from __future__ import annotations

import base64
import hashlib
from typing import NamedTuple

from apps.organizations.models import Organization, Role

PASSWORD = "demo"  # noqa: S105  # the demo's people are invented, and their password is printed for everybody to see

SUZHOU, WUZHONG, TAICANG, KUNSHAN = "320500", "320506", "320585", "320583"
WITH_SECOND_FACTOR = {Role.ADMINISTRATOR, Role.COORDINATOR}
"""Who must have one, or signs agreements."""


def totp_secret(email: str) -> str:
    """The secret of this person's authenticator app; everybody may know it."""
    return base64.b32encode(hashlib.sha256(f"demo {email}".encode()).digest()[:20]).decode()


class Party(NamedTuple):
    key: str
    kind: str
    code: str
    name: str
    name_en: str
    region: str | None
    country: str = "CN"


PARTIES = [
    Party(
        "taihu",
        Organization.Kind.UNIVERSITY,
        "4132099901",
        "太湖理工大学",
        "Taihu University of Technology",
        SUZHOU,
    ),
    Party(
        "gusu",
        Organization.Kind.UNIVERSITY,
        "4132099902",
        "姑苏职业技术学院",
        "Gusu Vocational Institute of Technology",
        SUZHOU,
    ),
    Party(
        "jingzhu",
        Organization.Kind.ENTERPRISE,
        "91320506MA7DEM1A2T",
        "苏州精铸科技有限公司",
        "Suzhou Precision Casting Technology Co., Ltd.",
        WUZHONG,
    ),
    Party(
        "haiwei",
        Organization.Kind.ENTERPRISE,
        "91320585MA7DEM2B45",
        "太仓海威机电有限公司",
        "Taicang Haiwei Mechatronics Co., Ltd.",
        TAICANG,
    ),
    Party(
        "yunzhi",
        Organization.Kind.ENTERPRISE,
        "91320583MA7DEM3C65",
        "昆山云织软件有限公司",
        "Kunshan Yunzhi Software Co., Ltd.",
        KUNSHAN,
    ),
    Party(
        "group",
        Organization.Kind.VOCATIONAL_GROUP,
        "52320500MA7DEM5E1W",
        "苏州智能制造职业教育集团",
        "Suzhou Vocational Education Group of Intelligent Manufacturing",
        SUZHOU,
    ),
    Party(
        "government",
        Organization.Kind.GOVERNMENT,
        "11320500MA7DEM5E14",
        "苏州市产教融合促进办公室",
        "Suzhou Office for the Integration of Industry and Education",
        SUZHOU,
    ),
    Party(
        "association",
        Organization.Kind.ASSOCIATION,
        "51320500MA7DEM4D8Y",
        "苏州市装备制造行业协会",
        "Suzhou Association of Equipment Manufacturers",
        SUZHOU,
    ),
    Party(
        "rheinau",
        Organization.Kind.RESEARCH_INSTITUTE,
        "DE-RHEINAU-ILM",
        "莱瑙轻金属研究所",
        "Rheinau Institute of Light Metals",
        None,
        "DE",
    ),
]


class Person(NamedTuple):
    """Somebody in one membership; the e-mail address is ``mail`` in the example domain of ``party``."""

    party: str
    mail: str
    name: str
    role: str
    title: str = ""

    @property
    def email(self) -> str:
        return f"{self.mail}@{self.party}.example.org"


PEOPLE = [
    Person("taihu", "zhou.min", "周敏", Role.ADMINISTRATOR, "教务处处长"),
    Person("taihu", "chen.lixin", "陈立新", Role.COORDINATOR, "校企合作办公室主任"),
    Person("taihu", "wang.haiyan", "王海燕", Role.TUTOR, "副教授"),
    Person("taihu", "xu.zhiyuan", "徐志远", Role.TUTOR, "讲师"),
    Person("taihu", "sun.guoqiang", "孙国强", Role.OBSERVER, "副校长"),
    Person("gusu", "shen.wenbo", "沈文博", Role.ADMINISTRATOR, "实训中心主任"),
    Person("gusu", "qian.xiaoyun", "钱晓芸", Role.COORDINATOR, "实习管理科科长"),
    Person("gusu", "gu.jianhua", "顾建华", Role.TUTOR, "高级讲师"),
    Person("jingzhu", "luo.ming", "罗明", Role.ADMINISTRATOR, "总经理"),
    Person("jingzhu", "gao.zhiqiang", "高志强", Role.COORDINATOR, "人力资源部经理"),
    Person("jingzhu", "ma.tiejun", "马铁军", Role.TUTOR, "铸造车间技师"),
    Person("jingzhu", "zhu.li", "朱丽", Role.TUTOR, "质量主管"),
    Person("haiwei", "tang.hui", "唐慧", Role.COORDINATOR, "行政主管"),
    Person("haiwei", "ding.wei", "丁伟", Role.TUTOR, "装配班长"),
    Person("yunzhi", "cao.yang", "曹阳", Role.COORDINATOR, "研发总监"),
    Person("group", "xia.jing", "夏静", Role.COORDINATOR, "集团秘书长"),
    Person("government", "fang.zheng", "方正", Role.COORDINATOR, "科长"),
    Person("association", "pan.guodong", "潘国栋", Role.COORDINATOR, "秘书长"),
    Person("rheinau", "anna.keller", "Anna Keller", Role.COORDINATOR, "Head of International Projects"),
    Person("taihu", "li.mingxuan", "李明轩", Role.STUDENT),
    Person("taihu", "zhang.yutong", "张雨桐", Role.STUDENT),
    Person("taihu", "liu.zihan", "刘子涵", Role.STUDENT),
    Person("taihu", "zhao.yinuo", "赵一诺", Role.STUDENT),
    Person("taihu", "huang.junjie", "黄俊杰", Role.STUDENT),
    Person("taihu", "wu.siyuan", "吴思远", Role.STUDENT),
    Person("taihu", "lin.xiaotong", "林晓彤", Role.STUDENT),
    Person("taihu", "he.jiayi", "何嘉怡", Role.STUDENT),
    Person("taihu", "guo.tianyu", "郭天宇", Role.STUDENT),
    Person("taihu", "song.wanqing", "宋婉清", Role.STUDENT),
    Person("gusu", "jiang.haoran", "蒋浩然", Role.STUDENT),
    Person("gusu", "yu.mengjie", "俞梦洁", Role.STUDENT),
    Person("gusu", "lu.chenxi", "陆晨曦", Role.STUDENT),
    Person("gusu", "feng.zixuan", "冯梓轩", Role.STUDENT),
    Person("gusu", "bao.yueyue", "鲍月月", Role.STUDENT),
]
PROGRAMMES = {"taihu": "材料成型及控制工程", "gusu": "机电一体化技术"}
STAFF_EMAIL, STAFF_NAME = "staff@portal.example.org", "平台管理员"
GROUP_MEMBERS = ["taihu", "gusu", "jingzhu", "haiwei"]


class Login(NamedTuple):
    """One role to try, and whom to try it as (``None``: the platform's own staff)."""

    role: str
    email: str


LOGINS = [
    Login("platform staff", STAFF_EMAIL),
    Login("university administrator", "zhou.min@taihu.example.org"),
    Login("university coordinator", "chen.lixin@taihu.example.org"),
    Login("academic tutor", "wang.haiyan@taihu.example.org"),
    Login("student", "li.mingxuan@taihu.example.org"),
    Login("enterprise coordinator", "gao.zhiqiang@jingzhu.example.org"),
    Login("enterprise tutor", "ma.tiejun@jingzhu.example.org"),
    Login("observer", "sun.guoqiang@taihu.example.org"),
    Login("group secretary", "xia.jing@group.example.org"),
    Login("government officer", "fang.zheng@government.example.org"),
]
