"""Recall-speed curves as SVG: recall to the right (as the distance from 1, logarithmic), queries a second upwards
(logarithmic)."""
import math

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 440, 64, 210, 34, 44
COLOURS = ["#d62728", "#1f77b4", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b", "#17becf", "#e377c2", "#7f7f7f", "#bcbd22"]
RECALLS = [0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999]


def escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def draw(title, lines):
    """`lines`: [(name, [(recall, qps)...])], drawn from recall .8 to .999."""
    lines = [(name, [(min(r, 0.9992), q) for r, q in points if r >= 0.78]) for name, points in lines]
    lines = [(name, points) for name, points in lines if points]
    speeds = [q for _, points in lines for _, q in points]
    low, high = 10 ** math.floor(math.log10(min(speeds))), 10 ** math.ceil(math.log10(max(speeds)))

    def x(recall):
        share = (math.log(0.22) - math.log(1 - recall)) / (math.log(0.22) - math.log(0.0008))
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(speed):
        share = math.log(speed / low) / math.log(high / low)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
           f'<text x="{LEFT}" y="20" font-size="14">{escaped(title)}</text>']
    for recall in RECALLS:
        out.append(f'<line x1="{x(recall):.1f}" x2="{x(recall):.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="#ddd"/>')
        out.append(f'<text x="{x(recall):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{f"{recall:g}"[1:]}</text>')
    speed = low
    while speed <= high:
        for factor in (1, 2, 5):
            at = speed * factor
            if at <= high:
                out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(at):.1f}" y2="{y(at):.1f}" stroke="#ddd"/>')
                out.append(f'<text x="{LEFT - 6}" y="{y(at) + 4:.1f}" text-anchor="end">{at:,.0f}</text>')
        speed *= 10
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">recall</text>')
    out.append(f'<text x="14" y="{HEIGHT / 2}" text-anchor="middle" transform="rotate(-90 14 {HEIGHT / 2})">'
               'queries a second</text>')
    for number, (name, points) in enumerate(lines):
        colour, width = COLOURS[number % len(COLOURS)], 3 if name.startswith("elanus") else 1.5
        path = " ".join(f"{x(r):.1f},{y(q):.1f}" for r, q in sorted(points))
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>')
        out += [f'<circle cx="{x(r):.1f}" cy="{y(q):.1f}" r="2" fill="{colour}"/>' for r, q in points]
        top = TOP + 8 + number * 18
        out.append(f'<line x1="{WIDTH - RIGHT + 12}" x2="{WIDTH - RIGHT + 34}" y1="{top}" y2="{top}" stroke="{colour}" '
                   f'stroke-width="{width}"/>')
        out.append(f'<text x="{WIDTH - RIGHT + 40}" y="{top + 4}">{escaped(name[:26])}</text>')
    return "\n".join([*out, "</svg>"]) + "\n"
