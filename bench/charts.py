"""Charts as SVG: lines over two logarithmic axes, on which linear growth is a slope of one."""

import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 640, 400
LEFT, RIGHT, TOP, BOTTOM = 64, 150, 50, 52
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9")
GREY = "#8a8a8a"


class Axis:
    """A logarithmic scale from a value to a place on the page."""

    def __init__(self, values, begin, end):
        self.low, self.high = min(values), max(values)
        if self.high <= self.low * 1.01:
            self.low, self.high = self.low / 2, self.high * 2
        self.begin, self.end = begin, end

    def place(self, value):
        share = math.log(value / self.low) / math.log(self.high / self.low)
        return self.begin + share * (self.end - self.begin)

    def ticks(self):
        """1, 2 and 5 of each power of ten; more where there is none, fewer where they are many."""
        powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        digits = (1, 2, 5) if len(powers) <= 4 else (1,)
        if self.high < 10 * self.low:
            digits = (1, 1.5, 2, 3, 4, 5, 7)
        return [digit * 10.0**power for power in powers for digit in digits
                if self.low <= digit * 10.0**power <= self.high]


def line_chart(title, x_label, y_label, series, x_ticks):
    """`series`: points (x, y) by name, none of them 0. `x_ticks`: the values to write below."""
    points = [point for line in series.values() for point in line]
    ys = [y for _, y in points]
    x_axis = Axis([x for x, _ in points], LEFT, WIDTH - RIGHT)
    y_axis = Axis([min(ys) / 1.3, max(ys) * 1.3], HEIGHT - BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<title>{escape(title)}</title>',
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        text(LEFT, 22, title, size=14),
        text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, x_label, anchor="middle"),
        text(LEFT, TOP - 6, y_label, fill=GREY)]
    for tick in y_axis.ticks():
        y = y_axis.place(tick)
        parts += [rule(LEFT, y, WIDTH - RIGHT, y), text(LEFT - 8, y + 4, f"{tick:g}", anchor="end")]
    for tick in x_ticks:
        x = x_axis.place(tick)
        parts += [rule(x, TOP, x, HEIGHT - BOTTOM),
                  text(x, HEIGHT - BOTTOM + 18, f"{tick:,g}", anchor="middle")]
    ends = places([y_axis.place(line[-1][1]) for line in series.values()])
    for (name, line), colour, end in zip(series.items(), COLOURS, ends):
        path = " ".join(f"{x_axis.place(x):.1f},{y_axis.place(y):.1f}" for x, y in line)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" '
                     'stroke-width="2"/>')
        parts += [f'<circle cx="{x_axis.place(x):.1f}" cy="{y_axis.place(y):.1f}" r="3.5" '
                  f'fill="{colour}"/>' for x, y in line]
        parts.append(text(WIDTH - RIGHT + 10, end + 4, name, fill=colour))
    parts += slope_of_one(x_axis, y_axis)
    return "\n".join([*parts, "</svg>", ""])


def slope_of_one(x_axis, y_axis):
    """A dashed line that grows as fast as what is given, as far as it fits."""
    growth = min(x_axis.high / x_axis.low, y_axis.high / y_axis.low)
    x, y = x_axis.place(x_axis.low * growth), y_axis.place(y_axis.low * growth)
    return [f'<line x1="{x_axis.begin}" y1="{y_axis.begin}" x2="{x:.1f}" y2="{y:.1f}" '
            f'stroke="{GREY}" stroke-dasharray="4 4"/>',
            text(x - 6, y + 16, "linear", fill=GREY, anchor="end")]


def places(wanted, distance=15):
    """The wanted heights, moved apart so that texts there do not cover each other."""
    result = list(wanted)
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    for above, below in zip(order, order[1:]):
        result[below] = max(result[below], result[above] + distance)
    return result


def text(x, y, words, fill="#222222", anchor="start", size=12):
    return (f'<text x="{x:.1f}" y="{y:.1f}" fill="{fill}" text-anchor="{anchor}" '
            f'font-size="{size}">{escape(words)}</text>')


def rule(x1, y1, x2, y2):
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
            'stroke="#e4e4e4"/>')
