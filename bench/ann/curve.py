"""Recall-speed curves: which settings are worth measuring, and the speed at a given recall."""
import math

TARGETS = [0.90, 0.95, 0.99, 0.995]


def targets(about):
    """Sparse sets are searched exactly as well."""
    return [*TARGETS, 1.0] if about.get("kind") == "sparse" else TARGETS


def frontier(points):
    """Of (recall, qps, ...) those that no other beats in both, by rising recall."""
    best, kept = -math.inf, []
    for point in sorted(points, key=lambda p: (-p[0], -p[1])):
        if point[1] > best:
            best = point[1]
            kept.append(point)
    return kept[::-1]


def speed_at(points, recall):
    """QPS at that recall: between two settings by the logarithm of both error and speed; None: not reached.
    A curve whose cheapest setting is better than asked is worth that setting's speed."""
    line = frontier(points)
    if not line or line[-1][0] < recall:
        return None
    if line[0][0] >= recall:
        return line[0][1]
    for low, high in zip(line, line[1:]):
        if high[0] >= recall:
            error = [math.log(max(1 - r, 1e-5)) for r in (low[0], high[0], recall)]
            share = (error[0] - error[2]) / (error[0] - error[1]) if error[0] != error[1] else 1
            return math.exp(math.log(low[1]) + share * (math.log(high[1]) - math.log(low[1])))
    return None


def around(points, targets):
    """The points of the frontier on both sides of each target."""
    line, chosen = frontier(points), []
    for target in targets:
        above = next((i for i, point in enumerate(line) if point[0] >= target), None)
        if above is None:
            chosen += line[-1:]
        else:
            chosen += line[max(above - 1, 0):above + 1]
    unique = []
    for point in chosen:
        if point not in unique:
            unique.append(point)
    return unique
