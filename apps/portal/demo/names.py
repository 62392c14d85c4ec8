"""Names of the many: put together by chance, so nobody real is meant."""

from __future__ import annotations

from random import Random

from apps.organizations.models import Organization

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = "明伟芳娜静敏强磊军洋勇艳杰娟涛超霞平刚桂英华建文玉兰海燕志强晓雨欣怡梓涵浩然子轩思远嘉宁俊雅婷博雪"
PROGRAMMES = [
    "机电一体化技术",
    "材料成型及控制工程",
    "软件技术",
    "物流管理",
    "工业机器人技术",
    "电子信息工程",
    "数控技术",
    "新能源汽车技术",
]
FIELDS = [
    ("精密机械制造", "precision machinery"),
    ("电子信息制造", "electronics"),
    ("智能物流服务", "smart logistics"),
    ("新能源汽车维修", "electric vehicles"),
    ("工业软件开发", "industrial software"),
]
JOBS = ["装配技术员", "质量检验员", "设备维护员", "测试助理", "生产计划员", "工艺助理"]
BRANDS = [
    "华兴",
    "中恒",
    "瑞达",
    "博远",
    "联创",
    "宏图",
    "天成",
    "永泰",
    "启明",
    "新锐",
    "东方",
    "金石",
    "海纳",
    "德信",
    "智源",
]
BUSINESSES = ["机械", "电子", "物流", "汽车部件", "软件", "新材料", "自动化", "医疗器械"]


def person(dice: Random) -> str:
    """A family name and one or two given characters."""
    return dice.choice(SURNAMES) + "".join(dice.choices(GIVEN, k=dice.choice([1, 2, 2])))


def organization(dice: Random, kind: str, region: str, number: int) -> tuple[str, str]:
    """A name, kept apart from others by its number, and its English form."""
    place = region.removesuffix("市")
    if kind == Organization.Kind.ENTERPRISE:
        brand, business = dice.choice(BRANDS), dice.choice(BUSINESSES)
        return f"{place}{brand}{business}有限公司（{number}）", f"Enterprise {number} Co., Ltd."
    suffix, english = {
        Organization.Kind.UNIVERSITY: ("职业技术大学", "Polytechnic University"),
        Organization.Kind.VOCATIONAL_GROUP: ("职业教育集团", "Vocational Education Group"),
        Organization.Kind.GOVERNMENT: ("教育促进中心", "Education Office"),
    }.get(Organization.Kind(kind), ("行业协会", "Industry Association"))
    return f"{place}第{number}{suffix}", f"{english} {number}"
