"""Who takes part: the build parameters of every library for a set. Each library is shown at its best."""
import json

import pool


class Candidate:
    def __init__(self, engine, label="", **params):
        self.engine, self.params = engine, params
        self.label = label or " ".join(str(v) if isinstance(v, str) else f"{k}{v}" for k, v in params.items())

    @property
    def ours(self):
        return self.engine == "elanus"

    def __str__(self):
        return f"{self.engine} {self.label}"

    def path(self, vector_set):
        """Where its index is kept."""
        return pool.index_folder(vector_set) / pool.identity(self.engine, self.params)

    def built(self, vector_set):
        """What building it cost, or None if that has not been done."""
        file = self.path(vector_set).with_suffix(".json")
        return json.loads(file.read_text()) if file.exists() else None


def hnswlib(*pairs):
    return [Candidate("hnswlib", M=m, efc=efc) for m, efc in pairs]


def faiss(*factories, efc=None):
    extra = {} if efc is None else {"efc": efc}
    return [Candidate("faiss", factory=factory, **extra) for factory in factories]


def usearch(*rows):
    return [Candidate("usearch", dtype=dtype, M=m, efc=128) for dtype, m in rows]


def vsag(*rows):
    return [Candidate("vsag", base=base, degree=degree, efc=efc) for base, degree, efc in rows]


def scann(*rows):
    return [Candidate("scann", leaves=leaves, block=block) for leaves, block in rows]


def svs(*rows):
    return [Candidate("svs", data=data, degree=degree, window=200) for data, degree in rows]


PEERS = {
    "wordnet": [
        *hnswlib((16, 200), (24, 200), (12, 200), (32, 200), (48, 200), (8, 200), (16, 500), (24, 500)),
        *faiss("IVF400,PQ96x4fs,RFlat", "IVF400,PQ128x4fs,RFlat", "IVF400,PQ192x4fs,RFlat", "IVF800,PQ96x4fs,RFlat",
               "IVF200,PQ96x4fs,RFlat"),
        *scann((300, 2), (600, 2)),
        *usearch(("bf16", 16), ("bf16", 24), ("i8", 16)),
        *vsag(("sq8_uniform", 32, 200), ("sq8_uniform", 48, 300), ("sq4_uniform", 32, 200)),
        *faiss("HNSW16,Flat", "HNSW32,Flat", efc=200),
        *svs(("float16", 32), ("lvq8", 32)),
    ],
    "sift": [
        *faiss("IVF1000,PQ64x4fs,RFlat", "IVF1000,PQ32x4fs,RFlat", "IVF4000,PQ64x4fs,RFlat"),
        *hnswlib((16, 200), (24, 200), (12, 200)),
        *scann((1000, 2),),
        *vsag(("sq8_uniform", 32, 200),),
        *usearch(("f32", 16), ("i8", 16)),
        *svs(("float16", 32),),
    ],
    "lsa": [
        *faiss("IVF500,PQ192x4fs,RFlat", "IVF500,PQ256x4fs,RFlat", "IVF500,PQ128x4fs,RFlat"),
        *hnswlib((16, 200), (24, 200), (32, 200)),
        *scann((450, 2),),
        *vsag(("sq8_uniform", 32, 200), ("sq4_uniform", 32, 200)),
        *usearch(("bf16", 16),),
        *svs(("float16", 32),),
    ],
    "binary": [*faiss("BHNSW16", "BHNSW32", "BIVF400")],
    "sparse_bm25": [Candidate("sindi", window=60000), Candidate("scipy", "CSR product")],
    "sparse_learned": [Candidate("sindi", window=60000), Candidate("scipy", "CSR product")],
}

# Our own, by the name of the index type (--index).
OURS = {
    "HNSW": [{"M": 16, "efConstruction": 200}],
    "HNSW_SQ": [{"M": 16, "efConstruction": 200}],
    "IVF_FLAT": [{"nlist": 400}],
    "IVF_SQ8": [{"nlist": 400}],
    "IVF_PQ": [{"nlist": 400, "m": 96, "nbits": 4, "refine": "true", "refine_type": "FP32"}],
    "IVF_RABITQ": [{"nlist": 400, "refine": "true", "refine_type": "FP32"}],
    "SCANN": [{"nlist": 400}],
    "FLAT": [{}],
    "BIN_FLAT": [{}],
    "BIN_IVF_FLAT": [{"nlist": 400}],
    "SPARSE_INVERTED_INDEX": [{}],
}
DEFAULT_OURS = {"binary": ["BIN_FLAT", "BIN_IVF_FLAT"], "sparse_bm25": ["SPARSE_INVERTED_INDEX"],
                "sparse_learned": ["SPARSE_INVERTED_INDEX"]}


def ours(set_name, types, extra):
    """Our candidates. `extra`: build parameters that replace those above ("M=24"), search.X=V fixes a search
    parameter."""
    found = []
    for kind in [t for t in types if t != "none"] if types else DEFAULT_OURS.get(set_name, ["HNSW"]):
        for params in OURS.get(kind, [{}]):
            params = scaled(kind, params, set_name) | extra
            inner = " ".join(f"{k}={v}" for k, v in params.items())
            found.append(Candidate("elanus", f"{kind} {inner}".strip(), index=kind, **params))
    return found


def scaled(kind, params, set_name):
    """List counts and code sizes that fit the size of a set."""
    params = dict(params)
    if "nlist" in params and set_name == "sift":
        params["nlist"] = 1000
    if "m" in params:
        params["m"] = {"sift": 64, "lsa": 192}.get(set_name, params["m"])
    return params


def peers(set_name, engines):
    return [c for c in PEERS.get(set_name, []) if not engines or c.engine in engines]
