"""The texts of the consents as the portal ships them. A changed text is a new version: everybody is asked again."""

from __future__ import annotations

from typing import NamedTuple

from .models import Purpose


class Wording(NamedTuple):
    version: int
    title_en: str
    title_zh: str
    body_en: str
    body_zh: str


WORDINGS: dict[str, Wording] = {
    Purpose.ENTERPRISE_PROFILE: Wording(
        1,
        "Show my profile to enterprises outside an application",
        "在申请之外向企业展示我的资料",
        "While an application waits for a decision, and after it was accepted, the enterprise sees what you wrote in it. "
        "When it was rejected or you took it back, the enterprise sees it no longer. With this consent it may go on seeing "
        "what you wrote, so that it can think of you for another place. You can withdraw this at any time; the enterprise "
        "then sees it no longer from that moment on. It makes no difference to your applications.",
        "申请等待处理期间以及被接收之后，企业可以看到您在申请中填写的内容。申请未被接收或您已撤回的，企业不再看到。"
        "您同意后，企业可以继续看到这些内容，以便为您考虑其他岗位。您可以随时撤回同意，撤回后企业立即不再看到。"
        "是否同意不影响您的申请。",
    ),
    Purpose.PHOTO: Wording(
        1,
        "Use photos of me",
        "使用我的照片",
        "Your school and the enterprise may show photos in which you can be recognised in reports about the practice base. "
        "You can withdraw this at any time; photos are then used no longer.",
        "学校和企业可以在有关实训基地的报道中使用能够辨认出您的照片。您可以随时撤回同意，撤回后不再使用。",
    ),
    Purpose.STATISTICS: Wording(
        1,
        "Use my data for research and statistics",
        "将我的数据用于研究和统计",
        "Your hours and results may be used, without your name, for studies beyond the reports that the school must write. "
        "You can withdraw this at any time.",
        "您的学时和考核结果可以在去除姓名后，用于学校法定报告之外的研究。您可以随时撤回同意。",
    ),
    Purpose.UNDER_14: Wording(
        1,
        "Processing the data of a child under 14",
        "处理不满十四周岁未成年人的个人信息",
        "The school uses this portal to arrange and accompany practical training: name, e-mail address, date of birth, student "
        "number, class, applications, placements, journals and evaluations are stored. They are seen by the school, and by the "
        "enterprise where the child applies or works. The identity number is stored encrypted and shown masked. Without your "
        "consent the child's account opens nothing. You can withdraw your consent at any time through the school; you and the "
        "child can ask for a copy of the data and for erasure.",
        "学校通过本平台安排和管理实习实训，将保存姓名、电子邮箱、出生日期、学号、班级、申请、实习安排、周记和考核结果，"
        "由学校以及孩子申请或实习的企业查看。身份证件号码加密保存，仅以掩码显示。未经您同意，孩子的账号不能使用任何功能。"
        "您可以随时通过学校撤回同意；您和孩子可以申请获取数据副本，也可以申请删除。",
    ),
}
