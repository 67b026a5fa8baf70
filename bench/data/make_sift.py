"""sift: a million SIFT descriptors (128-d, L2) of the wallpapers in Debian's gnome-backgrounds and
plasma-workspace-wallpapers. Queries come from images that give the base no row."""
import hashlib
import os
import pathlib

import numpy

import sets

FOLDERS = ("/usr/share/backgrounds", "/usr/share/wallpapers")
KINDS = {".jpg", ".jpeg", ".png", ".webp"}
ROWS = 1_000_000


def photographs():
    """Distinct image files, in an order that depends on their content only."""
    by_content = {}
    for folder in FOLDERS:
        for path in sorted(pathlib.Path(folder).rglob("*")):
            if path.suffix.lower() in KINDS and path.is_file() and path.stat().st_size >= 50_000:
                by_content.setdefault(hashlib.sha256(path.read_bytes()).hexdigest(), path)
    return [path for _, path in sorted(by_content.items())]


def make(_):
    import cv2
    cv2.setNumThreads(os.cpu_count() or 1)
    detector = cv2.SIFT_create(contrastThreshold=0.01)
    files, found = photographs(), []
    for number, path in enumerate(files, 1):
        image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        if image is not None and min(image.shape) >= 900:
            descriptors = detector.detectAndCompute(image, None)[1]
            if descriptors is not None:
                found.append(numpy.unique(descriptors.astype(numpy.uint8), axis=0))
        sets.progress(number, len(files), "SIFT descriptors of images")
    found.sort(key=len)
    held, count = [], 0
    while count < 10 * sets.QUERIES:
        held.append(found.pop(0))
        count += len(held[-1])
    random = numpy.random.default_rng(1)
    queries = numpy.concatenate(held)
    queries = queries[random.permutation(len(queries))[:sets.QUERIES]]
    base = numpy.unique(numpy.concatenate(found), axis=0)
    base = base[random.permutation(len(base))[:ROWS]]
    return {"metric": "L2", "base": base.astype(numpy.float32), "queries": queries.astype(numpy.float32),
            "source": f"{len(found) + len(held)} images of Debian's wallpapers"}
