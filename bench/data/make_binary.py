"""binary: the signs of wordnet, 384 bits."""
import numpy

import sets


def make(_):
    from_set = sets.load("wordnet")
    return {"metric": "HAMMING", "base": numpy.packbits(from_set.base() > 0, axis=1),
            "queries": numpy.packbits(from_set.queries() > 0, axis=1), "source": "signs of wordnet"}
