"""Exact neighbours, distances of given rows, and how hard a set is."""
import numpy

BLOCK = 100


def nearest(base, queries, k, metric, allowed=None):
    """Row numbers (int32) of the k nearest of each query, nearest first, ties by row. `allowed`: a mask of
    rows, one for all queries; with fewer than k allowed rows the rest is -1."""
    rows = None if allowed is None else numpy.flatnonzero(allowed)
    within = base if rows is None else base[rows]
    count = min(k, within.shape[0])
    found = numpy.full((queries.shape[0], k), -1, numpy.int32)
    if count == 0:
        return found
    # A few more than k, which float64 then puts in order.
    wide = min(within.shape[0], k + 28)
    norms = numpy.einsum("ij,ij->i", within, within) if metric == "L2" else None
    for begin in range(0, queries.shape[0], BLOCK):
        block = queries[begin:begin + BLOCK]
        rough = _rough(within, norms, block, metric)
        near = (numpy.argpartition(rough, wide - 1, axis=1)[:, :wide] if wide < rough.shape[1]
                else numpy.broadcast_to(numpy.arange(wide), (len(rough), wide)))
        exact = distances(within, block, near, metric)
        order = numpy.lexsort((near, exact), axis=1)[:, :count]
        chosen = numpy.take_along_axis(near, order, 1)
        found[begin:begin + BLOCK, :count] = chosen if rows is None else rows[chosen]
    return found


def _rough(base, norms, queries, metric):
    if metric == "HAMMING":
        rough = numpy.zeros((len(queries), len(base)), numpy.uint16)
        for column in range(base.shape[1]):
            rough += numpy.bitwise_count(base[:, column][None, :] ^ queries[:, column][:, None])
        return rough
    product = queries @ base.T
    if hasattr(product, "toarray"):
        return -product.toarray()
    if metric == "L2":
        product *= -2
        product += norms
        return product
    return numpy.negative(product, out=product)


def distances(base, queries, rows, metric):
    """Distances (smaller is nearer: L2 squared, IP and COSINE negated) of rows[q] from query q, in float64;
    infinity where a row is negative."""
    out = numpy.empty(rows.shape)
    for q in range(rows.shape[0]):
        taken = numpy.maximum(rows[q], 0)
        if metric == "HAMMING":
            out[q] = numpy.bitwise_count(base[taken] ^ queries[q]).sum(1, dtype=numpy.int64)
        elif hasattr(base, "tocsr"):
            out[q] = -(base[taken] @ queries[q].T).toarray()[:, 0]
        elif metric == "L2":
            difference = base[taken].astype(numpy.float64) - queries[q]
            out[q] = numpy.einsum("ij,ij->i", difference, difference)
        else:
            out[q] = -(base[taken].astype(numpy.float64) @ queries[q].astype(numpy.float64))
    out[rows < 0] = numpy.inf
    return out


def recall(base, queries, found, truth, k, metric):
    """The share of the k nearest that was found, by distance: another row at the same distance counts."""
    k_found = found[:, :k]
    limit = distances(base, queries, truth[:, :k], metric)
    counts = numpy.isfinite(limit).sum(1)
    last = numpy.where(counts > 0, numpy.take_along_axis(limit, numpy.maximum(counts - 1, 0)[:, None], 1)[:, 0], 0)
    last = last + numpy.abs(last) * 2e-6
    got = distances(base, queries, k_found, metric)
    for q in range(len(k_found)):  # a row given twice counts once
        _, first = numpy.unique(k_found[q], return_index=True)
        repeated = numpy.ones(k_found.shape[1], bool)
        repeated[first] = False
        got[q][repeated] = numpy.inf
    right = numpy.minimum((got <= last[:, None]).sum(1), counts)
    return float(right.sum() / max(counts.sum(), 1))


def hardness(base, queries, truth):
    """Median local intrinsic dimensionality (the maximum-likelihood estimate from 100 neighbours; Amsaleg et
    al. 2015) and relative contrast: mean distance over nearest distance (He et al. 2012). Euclidean."""
    few = min(500, len(queries))
    random = numpy.random.default_rng(0).choice(len(base), 500, replace=False)
    lids, ratios = [], []
    for q in range(few):
        near = numpy.sqrt(((base[truth[q]] - queries[q]) ** 2).sum(1))
        near = numpy.maximum(near, 1e-9)
        logs = numpy.log(near[:-1] / near[-1])
        if logs.mean() < 0:
            lids.append(-1 / logs.mean())
        far = numpy.sqrt(((base[random] - queries[q]) ** 2).sum(1))
        ratios.append((far.mean(), near[0]))
    far, near = numpy.array(ratios).mean(0)
    return {"lid": float(numpy.median(lids)), "contrast": float(far / near)}
