"""What the people of the demo write."""

from __future__ import annotations

AGREEMENT = """\
第一条 合作目标：各方共同培养面向{field}的技术技能人才。
Article 1. Aim: the parties train skilled people for {field_en} together.

第二条 学校职责：选派学生，指定校内导师，每月走访实习岗位，按教学计划认定学分。
Article 2. The school sends students, names academic tutors, visits every month and recognises the credits.

第三条 企业职责：提供岗位、劳动防护与安全培训，为每名学生指定企业导师，逐日记录实习过程。
Article 3. The enterprise offers places, protective equipment and safety training, names an enterprise tutor for each
student and records the work day by day.

第四条 评价：双方导师按公布的标准评分，结果作为实习成绩。
Article 4. Both tutors score by the published standard; the result is the mark of the placement.

第五条 终止：任何一方可提前三十日书面说明理由终止协议，已开始的实习继续至期满。
Article 5. A party may end the agreement in writing with thirty days' notice and its reasons; placements that have started
go on to their end."""

STATEMENTS = [
    "我学过材料成型与三维测量，希望在真实生产线上学习工艺参数的调整，毕业后愿意留在苏州工作。",
    "我参加过学校的创新训练项目，做过铝合金砂型试样，想了解从试样到量产的过程。",
    "我在校内实训基地完成了电工与钳工实训，动手能力较强，希望跟着师傅学习设备调试。",
    "我的毕业设计与贵公司的产品方向一致，希望能在岗位上完成数据采集与分析。",
]
TASKS = {
    "casting": [
        "熔炼前检查炉衬与坩埚，记录铝液温度",
        "配合师傅完成砂型合箱与浇注",
        "测量首件尺寸，填写工艺参数卡",
        "清理型腔，涂刷脱模剂",
        "观察凝固过程，分析缩孔位置",
        "整理当班废品，统计缺陷类型",
    ],
    "quality": [
        "三坐标测量壳体关键尺寸",
        "X 光探伤图像初判，登记气孔等级",
        "抽检来料成分，核对炉号",
        "协助编写检验作业指导书",
        "校准卡尺与粗糙度仪",
    ],
    "assembly": [
        "装配伺服电机与联轴器，检查同轴度",
        "按图接线，完成电柜通电前检查",
        "调试输送线光电传感器",
        "记录设备点检表，更换润滑脂",
        "协助完成减速机拆装与间隙调整",
        "整理工位，清点工具与备件",
    ],
}
NOTES = [
    "",
    "",
    "",
    "",
    "操作规范，注意劳动防护。",
    "提问积极，能自己查图纸。",
    "节奏偏慢，下周多练习。",
    "已能独立完成。",
]
WORK = [
    "本周跟随师傅熟悉了整条工序，完成了三批次的首件检验，并把数据录入了工艺卡。",
    "本周主要在现场做参数记录，参与了一次异常停线的处理，了解了问题上报的流程。",
    "本周轮到夜班，独立完成了两台设备的点检，协助师傅更换了易损件。",
    "本周把前几周的测量数据做成了控制图，在班组会上做了十分钟的汇报。",
    "本周参加了安全培训和应急演练，之后在师傅指导下完成了整套换型操作。",
]
LEARNT = [
    "学会了看工艺卡，明白了温度波动十度就会影响合格率。",
    "知道了先分析再动手，记录完整比速度快更重要。",
    "理解了课堂上讲的公差配合在装配时是怎么体现的。",
    "学会了用控制图判断过程是否稳定。",
    "认识到现场沟通的重要性，交接班要把问题说清楚。",
]
REFLECTION = [
    "英文设备手册看得慢，打算每天晚上读两页。",
    "和师傅相比，我对异常的判断还不够快，需要多看多问。",
    "下周希望能参与一次完整的换型，并自己写出步骤。",
    "",
]
ANSWERS = {
    "academic": [
        "记录很具体。下周请把合格率的变化画成曲线，我们见面时讨论原因。",
        "你提到的公差问题可以对照教材第六章，写两句自己的理解。",
        "很好，注意夜班后的休息。毕业设计的数据请一并留存。",
    ],
    "enterprise": [
        "手上功夫有进步，换型时别急，先确认锁紧再开机。",
        "点检表写得清楚，下周让你带新来的同学走一遍流程。",
    ],
}
COMMENTS = ["踏实认真，能按标准作业。", "理论联系实际较好，表达可以更主动。", "进步明显，独立性还需加强。"]
CRITERIA = [
    {"title": "专业技能 Professional skills", "standard": "企业岗位作业标准 QW-07", "weight": 35},
    {"title": "安全与规范 Safety and discipline", "standard": "企业安全生产标准化三级要求", "weight": 25},
    {"title": "问题分析与改进 Analysis and improvement", "standard": "职业技能等级标准（四级/中级工）", "weight": 25},
    {"title": "沟通协作 Teamwork", "standard": "用人单位职业素养评价表", "weight": 15},
]
