"""Random numbers that are the same on every machine and with every version of numpy.

numpy promises the stream of a bit generator for ever, but not what `Generator`'s methods make of it (NEP 19). So only
the raw 64-bit words of PCG64 are used. Each use of chance has a stream of its own: the sizes of a seed are the same for
every load, pattern and scheme, and so are the hosts.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PURPOSES = ("sizes", "gaps", "senders", "receivers", "pairs")
"""Names of the streams of a seed. New ones go to the end."""


def uniforms(seed: int, purpose: str, count: int) -> NDArray[np.float64]:
    """Numbers evenly spread over [0, 1), multiples of 2**-53."""
    sequence = np.random.SeedSequence(entropy=seed, spawn_key=(PURPOSES.index(purpose),))
    words = np.random.PCG64(sequence).random_raw(count)
    return (words >> np.uint64(11)).astype(np.float64) * 2.0**-53


def below(limits: int | NDArray[np.int64], uniform: NDArray[np.float64]) -> NDArray[np.int64]:
    """Whole numbers from 0 to before the limits."""
    found: NDArray[np.int64] = np.floor(uniform * limits).astype(np.int64)
    return found


def shuffled(count: int, uniform: NDArray[np.float64]) -> NDArray[np.int64]:
    """The numbers from 0 to before `count` in a random order: that of `count` random numbers."""
    return np.argsort(uniform[:count], kind="stable").astype(np.int64)
