"""What the live lab says of drawn and read data, of files, links and recordings, in each language."""

from __future__ import annotations

# Each row: key, English, Chinese. "{name}" is filled by the page.
_ROWS: tuple[tuple[str, str, str], ...] = (
    # Drawing.
    ("draw_draw", "draw data", "画数据"),
    ("draw_erase", "erase", "擦除"),
    ("draw_move", "move", "移动"),
    ("draw_add", "mode", "模式"),
    ("draw_remove", "remove this mode", "删除此模式"),
    ("draw_spread_less", "spread", "展宽"),
    ("draw_spread_more", "spread", "展宽"),
    ("draw_weight_less", "weight", "权重"),
    ("draw_weight_more", "weight", "权重"),
    ("draw_undo", "undo", "撤销"),
    ("draw_redo", "redo", "重做"),
    ("draw_clear", "clear all", "清空"),
    (
        "draw_stage",
        "Drawing on the stage: arrow keys move a cross, Enter does what a tap does",
        "在画面上绘制：方向键移动十字，回车相当于点按",
    ),
    (
        "draw_how_draw",
        "Drag on the stage: the first stroke takes the place of the data. Keys: arrows and Enter, + -.",
        "在画面上拖动：第一笔取代原有数据。键盘：方向键加回车，+ -。",
    ),
    (
        "draw_how_erase",
        "Drag over what should go. Keys: arrows and Enter, + -.",
        "在要擦除处拖动。键盘：方向键加回车，+ -。",
    ),
    (
        "draw_how_move",
        "Drag one, or all. Wheel: spread; Shift: weight. Keys: arrows, Enter, + - [ ].",
        "拖动一个或全部。滚轮：展宽；Shift：权重。键盘：方向键、回车、+ - [ ]。",
    ),
    (
        "draw_how_add",
        "Tap where a mode should be; drag it to its place.",
        "点按处添加模式，可拖到位。",
    ),
    ("draw_point", "1 point.", "1 个点。"),
    ("draw_mode", "1 mode.", "1 个模式。"),
    ("draw_points", "{n} points.", "{n} 个点。"),
    ("draw_modes", "{n} modes.", "{n} 个模式。"),
    (
        "draw_chosen",
        "Mode {n} of {of}: spread {spread}, weight {weight}.",
        "第 {n} 个模式，共 {of} 个：展宽 {spread}，权重 {weight}。",
    ),
    (
        "draw_nothing",
        "Nothing is drawn: the data stay as they were until "
        "there are two points, or a mode. Drag on the stage.",
        "还没有画：至少要两个点或一个模式，在此之前数据不变。请在画面上拖动。",
    ),
    (
        "draw_one_dot",
        "One dot is no distribution: the data stay as they were "
        "until there is a second one elsewhere. Go on drawing.",
        "一个点不成分布：别处还需要至少一个点，在此之前数据不变。请继续画。",
    ),
    (
        "draw_full",
        "{most} points are the most that a drawing takes; what was drawn stays. Erase some to go on.",
        "一幅画最多 {most} 个点；已画的都保留。可擦去一些再画。",
    ),
    # Tables and pictures.
    (
        "table_large",
        "The text is larger than {most}. Expected two columns of numbers, at most 50,000 lines.",
        "文本超过 {most}。应为两列数字，最多 50,000 行。",
    ),
    (
        "table_many",
        "The text has {n} lines of points; at most {most} are taken. Leave some out.",
        "文本有 {n} 行点，最多 {most} 行。请删去一些。",
    ),
    (
        "table_line_long",
        "Line {line} has more than {most} characters. Expected two numbers in a line.",
        "第 {line} 行超过 {most} 个字符。应为每行两个数。",
    ),
    (
        "table_empty",
        "There are no points in the text. Expected two numbers in each line, such as 1.5, 2.",
        "文本里没有点。应为每行两个数，如 1.5, 2。",
    ),
    (
        "table_one_column",
        "Line {line} has one column. Expected two numbers in each line.",
        "第 {line} 行只有一列。应为每行两个数。",
    ),
    (
        "table_no_pair",
        'Line {line} is "{found}". Expected two numbers.',
        "第 {line} 行是“{found}”。应为两个数。",
    ),
    (
        "table_columns_of_line",
        'Line {line} is "{found}", of {n} columns, unlike those before. Expected as many in each line.',
        "第 {line} 行是“{found}”，有 {n} 列，与之前的行不同。每行的列数应相同。",
    ),
    (
        "table_missing",
        'Line {line} is "{found}", where a number is missing. Expected two numbers: take the line out.',
        "第 {line} 行是“{found}”，缺一个数。应为两个数：请删去该行。",
    ),
    (
        "table_words",
        'Line {line} is "{found}", with words where numbers were expected. Take the line out.',
        "第 {line} 行是“{found}”，应为数字处是文字。请删去该行。",
    ),
    ("table_comments", "{n} lines of comments left out.", "略去 {n} 行注释。"),
    ("table_header", 'Header "{header}" left out.', "略去表头“{header}”。"),
    ("table_commas", "Decimal commas.", "小数点为逗号。"),
    ("table_thousands", '"{cell}" was read as {value}.', "“{cell}”读作 {value}。"),
    (
        "table_columns",
        "Columns {x} and {y} taken; {others} left out.",
        "取 {x} 和 {y} 两列；略去 {others}。",
    ),
    (
        "picture_large",
        "The picture is larger than {most}. Shrink it first.",
        "图片超过 {most}。请先缩小。",
    ),
    (
        "picture_unknown",
        '"{name}" is no picture that this browser reads. Expected PNG, JPEG, GIF or WebP.',
        "浏览器读不了“{name}”。应为 PNG、JPEG、GIF 或 WebP 图片。",
    ),
    (
        "picture_white",
        "The picture is white, or transparent, all over. Expected dark places: there the points lie.",
        "图片全白或全透明。应有深色处：点落在那里。",
    ),
    (
        "picture_read",
        "A picture of {width} x {height} pixels; dark places are likely.",
        "{width} x {height} 像素的图片；深色处概率大。",
    ),
    (
        "file_unknown",
        '"{name}" is neither text nor a picture. Expected two columns of numbers, or a picture.',
        "“{name}”既不是文本也不是图片。应为两列数字或一张图片。",
    ),
    # Scenario files.
    (
        "toml_large",
        "The file is larger than {most} characters. A scenario is some 40 lines of TOML.",
        "文件超过 {most} 个字符。场景文件约 40 行 TOML。",
    ),
    (
        "toml_key",
        'Line {line} is "{found}". Expected a key, such as steps = 100.',
        "第 {line} 行是“{found}”。应为键，如 steps = 100。",
    ),
    (
        "toml_equals",
        'Line {line} is "{found}". Expected = after the key.',
        "第 {line} 行是“{found}”。键之后应为 =。",
    ),
    (
        "toml_value",
        'Line {line} is "{found}". Expected a value: a '
        'number, true, false, "text" in quotes, or a list.',
        '第 {line} 行是“{found}”。应为值：数字、true、false、引号中的 "文字" 或列表。',
    ),
    (
        "toml_integer",
        'Line {line} is "{found}". Expected a whole number of at most 15 digits.',
        "第 {line} 行是“{found}”。整数最多 15 位。",
    ),
    (
        "toml_date",
        'Line {line} is "{found}", a date. No setting of a scenario is one.',
        "第 {line} 行是“{found}”，是日期。场景里没有日期。",
    ),
    (
        "toml_string",
        'Line {line} is "{found}". Expected the end of a text: a quote is missing.',
        "第 {line} 行是“{found}”。文字没有结束：缺引号。",
    ),
    (
        "toml_escape",
        'Line {line} is "{found}". Expected one of \\\\ \\" '
        "\\n \\t \\uXXXX after a backslash; write / in paths.",
        '第 {line} 行是“{found}”。反斜杠之后应为 \\\\ \\" \\n \\t \\uXXXX 之一；路径请用 /。',
    ),
    (
        "toml_end",
        'Line {line} is "{found}". Expected the end of the line after the value.',
        "第 {line} 行是“{found}”。值之后应换行。",
    ),
    (
        "toml_header",
        'Line {line} is "{found}". Expected ] after the name of a table.',
        "第 {line} 行是“{found}”。表名之后应为 ]。",
    ),
    (
        "toml_list",
        'Line {line} is "{found}". Expected a comma or ] in a list.',
        "第 {line} 行是“{found}”。列表里应为逗号或 ]。",
    ),
    (
        "toml_inline",
        'Line {line} is "{found}". Expected a comma or } on the same line.',
        "第 {line} 行是“{found}”。同一行里应为逗号或 }。",
    ),
    (
        "toml_twice",
        'Line {line} is "{found}", but {key} stands above already. Expected each key once.',
        "第 {line} 行是“{found}”，但上面已有 {key}。每个键只写一次。",
    ),
    (
        "toml_deep",
        'Line {line} is "{found}", nested more than 32 deep. Settings stand four deep.',
        "第 {line} 行是“{found}”，嵌套超过 32 层。设置最多四层。",
    ),
    (
        "toml_extends",
        'The file extends "{name}", which this page does not have. Open it with a page that does.',
        "文件以“{name}”为基础，而本页没有它。请用包含它的网页打开。",
    ),
    # Links.
    (
        "link_long",
        "The session takes {n} characters, a link at most {most}: a large "
        "drawing is too long for one. Save the scenario file instead.",
        "当前实验需要 {n} 个字符，链接最多 {most} 个：大幅的画放不进链接。请改存场景文件。",
    ),
    (
        "link_foreign",
        "What stands behind the # of this address is no session of this page. Opened without it.",
        "地址 # 之后的内容不是本页的实验，已忽略。",
    ),
    (
        "link_cut",
        "The link was cut short or changed on its way. Opened without it; ask for it again.",
        "链接在途中被截断或改动，已忽略。请重新索取。",
    ),
    (
        "link_version",
        "The link is of version {version} of this page, which knows "
        "{known}. Opened without it; open it with the page that made it.",
        "链接属于本页的第 {version} 版，而这里是第 {known} 版，已忽略。请用生成它的网页打开。",
    ),
    (
        "link_browser",
        "This browser cannot unpack the link. Opened without it; a newer one can.",
        "此浏览器无法解开链接，已忽略。请用更新的浏览器。",
    ),
    # What is taken away.
    (
        "keep_webm",
        "This browser records no video. Take the GIF.",
        "此浏览器不能录制视频。请改用 GIF。",
    ),
    (
        "keep_empty",
        "The browser recorded nothing in so short a time. Record longer, or take the GIF.",
        "时间太短，浏览器没有录到内容。请录长一些，或改用 GIF。",
    ),
    (
        "keep_picture",
        "This browser could not make the picture; it may be out of memory.",
        "浏览器未能生成图片，可能内存不足。",
    ),
    (
        "download_perhaps",
        "If no file was saved, the frame around this page forbids it: open the page by itself.",
        "若没有保存文件，是外层框架不允许：请单独打开本页。",
    ),
)

KEEPING_WORDS: dict[str, dict[str, str]] = {
    "en": {key: english for key, english, _ in _ROWS},
    "zh": {key: chinese for key, _, chinese in _ROWS},
}
