"""The entries of WordNet (Debian: wordnet-base) as texts: "words: gloss", with part of speech and topic."""
import pathlib
import random

FOLDER = pathlib.Path("/usr/share/wordnet")
PARTS = ("noun", "verb", "adj", "adv")
# lexnames(5WN): the lexicographer file of an entry, by number.
TOPICS = ["adj.all", "adj.pert", "adv.all"]
TOPICS += ["noun." + t for t in ("Tops act animal artifact attribute body cognition communication event feeling food group "
                                 "location motive object person phenomenon plant possession process quantity relation "
                                 "shape state substance time").split()]
TOPICS += ["verb." + t for t in ("body change cognition communication competition consumption contact creation emotion "
                                 "motion perception possession social stative weather").split()]
TOPICS += ["adj.ppl"]


def read():
    """[(text, topic number)], in the order that the cached embeddings have: seed 7."""
    entries = []
    for part in PARTS:
        for line in (FOLDER / f"data.{part}").read_text(encoding="latin-1").splitlines():
            if line.startswith("  "):
                continue  # the licence
            fields, _, gloss = line.partition(" | ")
            fields = fields.split()
            count = int(fields[3], 16)
            words = [word.split("(")[0].replace("_", " ") for word in fields[4:4 + 2 * count:2]]
            entries.append((f"{', '.join(words)}: {gloss.strip()}", int(fields[1])))
    random.Random(7).shuffle(entries)
    return entries
