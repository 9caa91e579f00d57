"""Words of the table of claims, in each language."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: dict[str, Mapping[str, str]] = {
    "en": {
        "title": "Claims",
        "undecided": "Undecided, and why",
        "missed": "Counterexamples",
        "verdict_holds": "holds",
        "verdict_fails": "fails",
        "verdict_undecided": "undecided",
        "follows": ", follows",
        "sum": (
            "{n}: {holds}, {undecided} undecided, {fails}. A claim holds if the lower end of "
            "the 95 % Wilson interval of the share of seeds reaches its quorum, fails if the "
            "upper end does not, and is undecided between."
        ),
        "linked": " A count with a link leads to the seeds that miss the claim.",
        "about": "{}.",
        "about_date": "date",
        "about_seeds": "seeds",
        "about_device": "device",
        "listed": ", ",
        "span": " to ",
        "control": "{name}: {what}",
        "controls": "; ",
        "columns": (
            "| scenario | claim | seeds | 95 % interval | quorum | verdict | looks | partner "
            "| perfect | chance | also true of |"
        ),
        "count": "{hits} of {n}",
        "interval": "{low:.2f} to {high:.2f}",
        "exact": "one exact run",
        "in": "{number} ({hits} of {n} in {name})",
        "in_exact": "{number} (in {name})",
        "explained": (
            "What a claim is worth: *looks* are the snapshots in its window (of a count of switches, "
            "which goes from one to the next, all up to then: there is one less to be counted at "
            "most), *partner* is the "
            "median in the scenario that is this one's cure, or is cured by it, and how many "
            "of its seeds do as the claim says, *perfect* is what a perfect sampler has, *chance* "
            "what that featureless cloud has which comes nearest to the claim, and *also true "
            "of* says what satisfies the claim though nobody trained it: clouds, and the players "
            "before their first step ({untrained}). What one of these satisfies is no finding "
            "by itself; claims of one scenario are read together. A verdict that *follows* is "
            "of a claim that is true of every seed of which other claims are. ({controls}; {one_mode}: "
            "all points at the first mode. A ratio of two moments they do not have; they stand "
            "still, and so never switch; a difference is tried where the other scenario's "
            "number is known.)"
        ),
        "item": "- {scenario}, “{claim}”: {why}",
        "true_of": (
            "true of {share} of these seeds, but with {n} of them the share may be anything "
            "from {low} to {high}, and {quorum} lies between; {enough}."
        ),
        "some": "if the share stays, some {n} seeds decide",
        "never": "more seeds would hardly decide: the share is the quorum itself",
        "how": (
            "A seed misses a claim if it does not do as the claim says, or went to infinity before "
            "it could. These commands film the first of them. A seed that is trained alone is "
            "rounded otherwise than among others, and so it is on another machine or with other "
            "versions: it may then do as the claim says. With `toylab train NAME --seeds N,M "
            "-o T.npz` and `toylab render T.npz --seed N -o X.gif` it is filmed as it was counted."
        ),
        "compared": (
            " Where a claim compares with another scenario, `toylab compare` films the two side "
            "by side."
        ),
        "told": "“{claim}”{against}, missed by {who}{first}:",
        "against": ", against {}",
        "all_of": "all {n}",
        "some_of": "{k} of {n}",
        "first": ", here the first",
    },
    "zh": {
        "title": "统计表",
        "undecided": "未定的论断，以及原因",
        "missed": "反例",
        "verdict_holds": "成立",
        "verdict_fails": "不成立",
        "verdict_undecided": "未定",
        "follows": "，可由别的推出",
        "sum": (
            "共 {n} 条论断：{holds} 条成立，{undecided} 条未定，{fails} 条不成立。满足论断的种"
            "子所占的比例有一个 95 % 的 Wilson 区间：区间下端达到门槛，论断成立；上端也达不到"
            "，不成立；门槛落在区间里，未定。"
        ),
        "linked": "带链接的计数指向不满足论断的种子。",
        "about": "{}。",
        "about_date": "日期",
        "about_seeds": "种子",
        "about_device": "设备",
        "listed": "，",
        "span": " 至 ",
        "control": "{name}：{what}",
        "controls": "；",
        "columns": (
            "| 场景 | 论断 | 种子 | 95 % 区间 | 门槛 | 结论 | 观察次数 | 对照 | 完美采样 | 碰"
            "运气 | 也满足的 |"
        ),
        "count": "{n} 个中 {hits} 个",
        "interval": "{low:.2f}–{high:.2f}",
        "exact": "一次精确的运行",
        "in": "{number}（{name}：{n} 个中 {hits} 个）",
        "in_exact": "{number}（{name}）",
        "explained": (
            "一条论断值多少：*观察次数*是窗口里的快照数（主模式更换的次数从一次观察数到下一次"
            "，这里是到那时为止的快照数，最多能数到它减一）；*对照*是治好它的、或被它治好的那个场"
            "景里的中位数，以及那里有多少种子也满足论断；*完美采样*是直接从数据分布采样会得到"
            "的数；*碰运气*是最接近论断的那种毫无特征的点云会得到的数；*也满足的*列出不经训练"
            "就满足论断的东西：各种点云，以及尚未走第一步的双方（{untrained}）。它们能满足的，"
            "单独算不上发现；同一场景的论断要合起来读。*可由别的推出*的论断，凡是别的论断成立"
            "的种子都满足。（{controls}；{one_mode}：全部点都在第一个模式。两个时刻之比，它们没有；"
            "它们静止不动，主模式从不更换；与另一场景之差，只在知道那个场景的数时才试。）"
        ),
        "item": "- {scenario}，“{claim}”：{why}",
        "true_of": (
            "这些种子中有 {share} 满足；但 {n} 个种子只说明比例在 {low} 与 {high} "
            "之间，门槛 {quorum} 也在其中；{enough}。"
        ),
        "some": "如果比例不变，大约 {n} 个种子可以定夺",
        "never": "再多的种子也难定夺：比例正好是门槛",
        "how": (
            "种子没有做到论断所说的，或者半途发散，就算不满足。下面的命令拍出其中头几个。单独"
            "训练的种子与成批训练的舍入不同，换一台机器、换一个版本也不同，这时它可能又满足了"
            "。用 `toylab train NAME --seeds N,M -o T.npz` 和 `toylab render T.npz --seed N -o "
            "X.gif` 拍出来的，就是统计时的那一次。"
        ),
        "compared": "与另一个场景比较的论断，用 `toylab compare` 把两者并排拍出来。",
        "told": "“{claim}”{against}，{who}不满足{first}：",
        "against": "（与 {} 比较）",
        "all_of": "全部 {n} 个种子",
        "some_of": "{n} 个种子中有 {k} 个",
        "first": "，这里是头几个",
    },
}
# What the clouds are that nobody trained, in a table; English words stand beside the controls themselves.
CONTROLS_ZH = {
    "box": "数据所占方框里的均匀点",
    "blob": "与数据同均值、同协方差的一个高斯",
    "circle": "半径为数据平均距离的圆",
    "annulus": "把每个数据点任意旋转",
    "copies": "真实样本本身",
}
