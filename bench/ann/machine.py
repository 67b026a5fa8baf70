"""What the figures were measured on."""
import os
import platform
import time

import numpy


def describe():
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "")
    flags = next((line.split(":")[1].split() for line in open("/proc/cpuinfo") if line.startswith("flags")), [])
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    wanted = ("avx2", "avx512f", "avx512_vnni", "avx512_vpopcntdq", "avx512_bf16")
    return {"cpu": cpu, "cores": os.cpu_count(), "memory_gib": round(memory, 1), "system": platform.platform(),
            "python": platform.python_version(), "simd": [flag for flag in wanted if flag in flags],
            "load_average": os.getloadavg()[0]}


def read_bandwidth():
    """Bytes a second that one thread reads from memory (the best of five sums over 512 MiB)."""
    array = numpy.ones(1 << 26, numpy.float64)
    best = 0.0
    for _ in range(5):
        begun = time.perf_counter()
        array.max()
        best = max(best, array.nbytes / (time.perf_counter() - begun))
    return best


def multiply_rate():
    """Multiply-adds times two a second of a float32 matrix product, on the threads that BLAS uses."""
    a = numpy.ones((2048, 2048), numpy.float32)
    best = 0.0
    for _ in range(5):
        begun = time.perf_counter()
        a @ a
        best = max(best, 2 * 2048**3 / (time.perf_counter() - begun))
    return best
