"""lsa: 200,000 windows of 64 words from the documentation and headers that a Debian machine has, as TF-IDF of
words and word pairs, reduced to 768 dimensions by a truncated SVD, unit length."""
import gzip
import os
import pathlib
import random
import re
import sys

import numpy

import sets

ROWS, DIM, WINDOW = 200_000, 768, 64
KINDS = {".md", ".rst", ".txt", ".h", ".hpp", ".py", ".pm", ".pod", ".html", ".java", ".go", ".rs", ".ts", ".gz"}
WORD = re.compile(r"[A-Za-z][a-z]+|[A-Z]{2,}")


def folders():
    named = os.environ.get("ELANUS_BENCH_TEXT")
    return named.split(":") if named else ["/usr/share", "/usr/include", "/usr/lib", sys.prefix]


def texts():
    files = [path for folder in folders() for where, _, names in os.walk(folder) for name in names
             if (path := pathlib.Path(where, name)).suffix in KINDS]
    files.sort()
    random.Random(3).shuffle(files)
    for number, path in enumerate(files, 1):
        sets.progress(number, len(files), "reading text")
        try:
            if path.is_symlink() or not 500 < path.stat().st_size < 400_000:
                continue
            raw = path.read_bytes()
            yield (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode(errors="ignore")
        except (OSError, EOFError):
            continue


def windows(wanted):
    chosen = set()
    for text in texts():
        words = [word.lower() for word in WORD.findall(text) if len(word) > 1]
        chosen.update(" ".join(words[i:i + WINDOW]) for i in range(0, len(words) - 40, WINDOW))
        if len(chosen) > 4 * wanted:
            break
    chosen = sorted(chosen)
    random.Random(5).shuffle(chosen)
    if len(chosen) < wanted:
        raise ValueError(f"only {len(chosen)} windows of text here; name more folders in ELANUS_BENCH_TEXT")
    return chosen[:wanted]


def make(_):
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
    from sklearn.utils.extmath import randomized_svd
    count = ROWS + sets.QUERIES
    hashed = HashingVectorizer(n_features=1 << 17, alternate_sign=False, norm=None, ngram_range=(1, 2))
    weights = TfidfTransformer(sublinear_tf=True).fit_transform(hashed.transform(windows(count))).astype(numpy.float32)
    print("lsa: the SVD takes a few minutes", file=sys.stderr, flush=True)
    left, values, _ = randomized_svd(weights, DIM, n_oversamples=16, n_iter=2, power_iteration_normalizer="QR",
                                     random_state=0)
    vectors = (left * numpy.sqrt(values)).astype(numpy.float32)
    vectors /= numpy.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9
    return {"metric": "COSINE", "base": vectors[:ROWS], "queries": vectors[ROWS:],
            "source": "TF-IDF and SVD of the texts of one machine"}
