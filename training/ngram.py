"""The baseline: an interpolated 5-gram with Kneser-Ney smoothing over the model's own tokens (Chen and Goodman 1999, §2.7)."""

from dataclasses import dataclass

import numpy as np

ORDER = 5
#: Five tokens of so many bits make one 64-bit number.
TOKEN_BITS = 12
DISCOUNT = 0.75


@dataclass
class Counts:
    """N-grams of one order as rising numbers, and for those and for their contexts how often they were seen."""

    grams: np.ndarray
    counts: np.ndarray
    contexts: np.ndarray
    context_counts: np.ndarray
    #: How many different tokens follow a context.
    followers: np.ndarray

    @classmethod
    def of(cls, grams: np.ndarray, counts: np.ndarray) -> "Counts":
        contexts, starts = np.unique(grams >> TOKEN_BITS, return_index=True)
        followers = np.diff(np.append(starts, len(grams)))
        return cls(grams, counts, contexts, np.add.reduceat(counts, starts), followers)


class NGram:
    def __init__(self, tokens: np.ndarray, vocabulary: int) -> None:
        """tokens: all texts on end."""
        if vocabulary > 1 << TOKEN_BITS:
            raise ValueError(f"{vocabulary} tokens do not fit {TOKEN_BITS} bits")
        self.vocabulary = vocabulary
        grams = keys(tokens, ORDER)
        grams, counts = np.unique(grams, return_counts=True)
        self.orders = [Counts.of(grams, counts)]
        # A lower order counts what different tokens came before, not how often.
        for order in range(ORDER - 1, 0, -1):
            grams, counts = np.unique(grams & np.uint64((1 << (TOKEN_BITS * order)) - 1), return_counts=True)
            self.orders.insert(0, Counts.of(grams, counts))

    def likelihoods(self, tokens: np.ndarray) -> np.ndarray:
        """Probability of each token after those before it, [tokens]."""
        result = np.full(len(tokens), 1 / self.vocabulary)
        for order, counts in enumerate(self.orders, start=1):
            if len(tokens) < order:
                break
            grams = keys(tokens, order)
            seen, share = lookup(counts, grams)
            lower = result[order - 1 :]
            result[order - 1 :] = np.where(share < 0, lower, seen + share * lower)
        return result

    def next_token(self, tokens: np.ndarray) -> int:
        """The likeliest after these."""
        result = np.full(self.vocabulary, 1 / self.vocabulary)
        for order, counts in enumerate(self.orders, start=1):
            if order > len(tokens) + 1:
                break
            context = keys(tokens, order - 1)[-1] if order > 1 else np.uint64(0)
            place = np.searchsorted(counts.contexts, context)
            if place == len(counts.contexts) or counts.contexts[place] != context:
                break
            first = np.searchsorted(counts.grams, context << np.uint64(TOKEN_BITS))
            last = first + counts.followers[place]
            total = counts.context_counts[place]
            result *= DISCOUNT * counts.followers[place] / total
            followers = (counts.grams[first:last] & np.uint64((1 << TOKEN_BITS) - 1)).astype(np.int64)
            result[followers] += (counts.counts[first:last] - DISCOUNT).clip(0) / total
        return int(result.argmax())


def keys(tokens: np.ndarray, order: int) -> np.ndarray:
    """The runs of `order` tokens as numbers, [tokens - order + 1]."""
    result = np.zeros(len(tokens) - order + 1, dtype=np.uint64)
    for i in range(order):
        result = (result << np.uint64(TOKEN_BITS)) | tokens[i : i + len(result)].astype(np.uint64)
    return result


def lookup(counts: Counts, grams: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each n-gram its discounted probability, and the share left to the lower order; -1 where its context was never seen."""
    places = np.searchsorted(counts.grams, grams).clip(max=len(counts.grams) - 1)
    seen = np.where(counts.grams[places] == grams, counts.counts[places] - DISCOUNT, 0.0)
    contexts = grams >> np.uint64(TOKEN_BITS)
    places = np.searchsorted(counts.contexts, contexts).clip(max=len(counts.contexts) - 1)
    known = counts.contexts[places] == contexts
    total = counts.context_counts[places]
    return np.where(known, seen / total, 0.0), np.where(known, DISCOUNT * counts.followers[places] / total, -1.0)
