"""sparse_bm25 and sparse_learned: inner products over the words of WordNet's entries.

BM25: a row holds idf * tf (k1 = 1.2, b = 0.75) of its words, a query the counts of its own, so that the inner
product is the BM25 score. Learned-like: rows and queries are widened by words that go with theirs, with weights
that decay, as a learned expansion does: about 100 nonzeros a row, 30 a query."""
import re

import numpy
import scipy.sparse

import glosses
import sets

WORD = re.compile(r"[a-z][a-z'-]+")
K1, B = 1.2, 0.75


def counts():
    """Rows x words (float32, CSR), word numbers by first appearance."""
    words, row_of, word_of = {}, [], []
    for row, (text, _) in enumerate(glosses.read()):
        for word in WORD.findall(text.lower()):
            row_of.append(row)
            word_of.append(words.setdefault(word, len(words)))
    matrix = scipy.sparse.csr_matrix((numpy.ones(len(row_of), numpy.float32), (row_of, word_of)))
    matrix.sum_duplicates()
    return matrix


def bm25(matrix, inverse_frequency):
    lengths = numpy.asarray(matrix.sum(1)).ravel()
    spread = K1 * (1 - B + B * lengths / lengths.mean())
    out = matrix.copy()
    repeats = numpy.repeat(spread, numpy.diff(matrix.indptr))
    out.data = (matrix.data * (K1 + 1) / (matrix.data + repeats) * inverse_frequency[matrix.indices]).astype(numpy.float32)
    return out


def strongest(matrix, count):
    """Only the `count` largest values of each row."""
    keep = numpy.zeros(matrix.nnz, bool)
    for row in range(matrix.shape[0]):
        begin, end = matrix.indptr[row], matrix.indptr[row + 1]
        if end - begin <= count:
            keep[begin:end] = True
        else:
            keep[begin + numpy.argpartition(-matrix.data[begin:end], count)[:count]] = True
    rows = numpy.repeat(numpy.arange(matrix.shape[0]), numpy.diff(matrix.indptr))
    return scipy.sparse.csr_matrix((matrix.data[keep], (rows[keep], matrix.indices[keep])), shape=matrix.shape)


def expansion(weighted):
    """Words x words: a word itself, and the 24 that go with it most."""
    together = (weighted.T @ weighted).tocsr()
    scale = scipy.sparse.diags(1 / numpy.sqrt(numpy.maximum(together.diagonal(), 1e-9)))
    return strongest((scale @ together @ scale).tocsr(), 25)


def make(name):
    matrix = counts()
    rows, cut = matrix.shape[0], matrix.shape[0] - sets.QUERIES
    seen = numpy.asarray((matrix > 0).sum(0)).ravel()
    inverse_frequency = numpy.log1p((rows - seen + 0.5) / (seen + 0.5)).astype(numpy.float32)
    weighted = bm25(matrix, inverse_frequency)
    if name == "sparse_bm25":
        base, queries = weighted[:cut], matrix[cut:]
    else:
        widened = (weighted @ expansion(weighted)).tocsr()
        widened.data = numpy.log1p(widened.data)
        base, queries = strongest(widened[:cut], 100), strongest(widened[cut:], 30)
    base, queries = (scipy.sparse.csr_matrix(m, dtype=numpy.float32) for m in (base, queries))
    base.sort_indices()
    queries.sort_indices()
    return {"metric": "IP", "kind": "sparse", "base": base, "queries": queries, "source": f"WordNet 3.0 entries, {name}"}
