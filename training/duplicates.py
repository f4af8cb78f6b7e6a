"""Finds texts that are nearly the same: MinHash over runs of words (Broder 1997)."""

import re
import zlib

import numpy as np

RUN_OF_WORDS = 6
ROWS_PER_BAND, BANDS = 4, 8
SAME = 0.6
PRIME = (1 << 61) - 1


class NearDuplicates:
    """Remembers the signatures of the texts it was shown."""

    def __init__(self, seed: int = 1) -> None:
        random = np.random.default_rng(seed)
        self.factors = random.integers(1, 1 << 31, size=(BANDS * ROWS_PER_BAND, 1), dtype=np.uint64) | np.uint64(1)
        self.offsets = random.integers(0, 1 << 62, size=(BANDS * ROWS_PER_BAND, 1), dtype=np.uint64)
        self.bands: dict[tuple[int, bytes], list[np.ndarray]] = {}

    def add(self, text: str) -> bool:
        """Whether the text is new; one that is not is not remembered."""
        signature = self.signature(text)
        keys = [(band, row.tobytes()) for band, row in enumerate(signature.reshape(BANDS, ROWS_PER_BAND))]
        for key in keys:
            for other in self.bands.get(key, ()):
                if np.mean(other == signature) >= SAME:
                    return False
        for key in keys:
            self.bands.setdefault(key, []).append(signature)
        return True

    def signature(self, text: str) -> np.ndarray:
        """[BANDS * ROWS_PER_BAND] smallest hashes."""
        words = np.array([zlib.crc32(word.encode()) for word in re.findall(r"\w+", text)], dtype=np.uint64)
        runs = np.zeros(max(1, len(words) - RUN_OF_WORDS + 1), dtype=np.uint64)
        for i in range(min(RUN_OF_WORDS, len(words))):
            runs = runs * np.uint64(1_000_003) + words[i : i + len(runs)]
        runs = np.unique(runs)
        mixed = runs[None, :] * self.factors + self.offsets
        mixed ^= mixed >> np.uint64(29)
        return (mixed * np.uint64(0x9E3779B97F4A7C15)).min(axis=1)
