"""What the site says in its own name, by language."""

from __future__ import annotations

from typing import Any

SITE: dict[str, dict[str, Any]] = {
    "en": {
        "name": "Toylab",
        "about": "See a GAN learn, collapse or starve",
        "other": "中文",
        "nav": {
            "start": "Start",
            "course": "Course",
            "gallery": "Gallery",
            "lab": "Lab",
            "guide": "Guide",
            "teaching": "For teachers",
            "reference": "Reference",
            "api": "API",
        },
        "lab": "Every scenario that a page can play, failures beside their fixes. It trains here, in your "
        "browser; nothing is sent.",
        "install": "Install and use",
        "alone": "Open it on a page of its own",
        "filters": {"shows": "Shows", "objective": "Objective", "trick": "Trick"},
        "kinds": {"fails": "a failure", "mends": "what works", "theory": "theory"},
        "all": "all",
        "shown": "{n} scenarios",
        "open": "Open in the lab",
        "file": "Get the file",
        "slide": "On a slide:",
        "verdicts": {"holds": "holds", "undecided": "undecided", "fails": "does not hold"},
        "of": "{hits} of {n} seeds",
        "exact": "one exact run",
        "uncounted": "not counted",
        "misses": "a seed that misses it:",
    },
    "zh": {
        "name": "Toylab",
        "about": "看着 GAN 学会、崩溃，或者再也学不到东西",
        "other": "English",
        "nav": {
            "start": "开始",
            "course": "课程",
            "gallery": "场景一览",
            "lab": "实验台",
            "guide": "指南",
            "teaching": "给教师",
            "reference": "参考",
            "api": "API",
        },
        "lab": "网页能演的全部场景，毛病与对策排在一起。它就在你的浏览器里训练，什么也不发送。",
        "install": "安装与使用",
        "alone": "在单独的网页里打开",
        "filters": {"shows": "展示", "objective": "目标函数", "trick": "技巧"},
        "kinds": {"fails": "毛病", "mends": "行得通的", "theory": "理论"},
        "all": "全部",
        "shown": "{n} 个场景",
        "open": "在实验台里打开",
        "file": "取得文件",
        "slide": "放进幻灯片：",
        "verdicts": {"holds": "成立", "undecided": "未定", "fails": "不成立"},
        "of": "{n} 个种子中 {hits} 个",
        "exact": "一次精确的运行",
        "uncounted": "没有统计",
        "misses": "不满足的一个种子：",
    },
}
