"""The baseline: an interpolated 5-gram with Kneser-Ney smoothing over the model's own tokens (Chen and Goodman 1999, §2.7)."""

from dataclasses import dataclass

import numpy as np

ORDER = 5
#: Four tokens, the longest context, make one 64-bit number; five do not.
TOKEN_BITS = 16
DISCOUNT = 0.75


@dataclass
class Counts:
    """Of one order: its contexts as rising numbers, what follows each of them, and how often both were seen.

    An n-gram is a number too: the place of its context in `contexts`, and its last token.
    """

    contexts: np.ndarray
    context_counts: np.ndarray
    #: How many different tokens follow a context.
    followers: np.ndarray
    grams: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, contexts: np.ndarray, tokens: np.ndarray) -> "Counts":
        """Of the n-grams that are a context and the token after it."""
        contexts, places = np.unique(contexts, return_inverse=True)
        grams, counts = np.unique(numbered(places, tokens), return_counts=True)
        starts = np.searchsorted(grams, numbered(np.arange(len(contexts)), np.zeros(1)))
        followers = np.diff(np.append(starts, len(grams)))
        return cls(contexts, np.add.reduceat(counts, starts), followers, grams, counts)

    def shortened(self, order: int) -> "Counts":
        """Of the order below, which counts what different tokens came before, not how often."""
        contexts = self.contexts[self.grams >> np.uint64(TOKEN_BITS)]
        return Counts.of(contexts & np.uint64((1 << (TOKEN_BITS * (order - 1))) - 1), last_tokens(self.grams))

    def lookup(self, contexts: np.ndarray, tokens: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of each n-gram the discounted probability, and the share left to the lower order; -1 where its context was never seen."""
        places = np.searchsorted(self.contexts, contexts).clip(max=len(self.contexts) - 1)
        known = self.contexts[places] == contexts
        total = self.context_counts[places]
        grams = numbered(places, tokens)
        found = np.searchsorted(self.grams, grams).clip(max=len(self.grams) - 1)
        seen = np.where(self.grams[found] == grams, self.counts[found] - DISCOUNT, 0.0)
        return np.where(known, seen / total, 0.0), np.where(known, DISCOUNT * self.followers[places] / total, -1.0)


class NGram:
    def __init__(self, tokens: np.ndarray, vocabulary: int) -> None:
        """tokens: all texts on end."""
        if vocabulary > 1 << TOKEN_BITS:
            raise ValueError(f"{vocabulary} tokens do not fit {TOKEN_BITS} bits")
        self.vocabulary = vocabulary
        self.orders = [Counts.of(contexts_of(tokens, ORDER), tokens[ORDER - 1 :])]
        for order in range(ORDER - 1, 0, -1):
            self.orders.insert(0, self.orders[0].shortened(order))

    def likelihoods(self, tokens: np.ndarray) -> np.ndarray:
        """Probability of each token after those before it, [tokens]."""
        result = np.full(len(tokens), 1 / self.vocabulary)
        for order, counts in enumerate(self.orders, start=1):
            if len(tokens) < order:
                break
            seen, share = counts.lookup(contexts_of(tokens, order), tokens[order - 1 :])
            lower = result[order - 1 :]
            result[order - 1 :] = np.where(share < 0, lower, seen + share * lower)
        return result

    def next_token(self, tokens: np.ndarray) -> int:
        """The likeliest after these."""
        result = np.full(self.vocabulary, 1 / self.vocabulary)
        for order, counts in enumerate(self.orders, start=1):
            if order > len(tokens) + 1:
                break
            # A token of any kind stands where the next one will.
            context = contexts_of(np.append(tokens, 0), order)[-1]
            place = np.searchsorted(counts.contexts, context)
            if place == len(counts.contexts) or counts.contexts[place] != context:
                break
            first = np.searchsorted(counts.grams, np.uint64(place) << np.uint64(TOKEN_BITS))
            some = slice(first, first + counts.followers[place])
            total = counts.context_counts[place]
            result *= DISCOUNT * counts.followers[place] / total
            result[last_tokens(counts.grams[some])] += (counts.counts[some] - DISCOUNT).clip(0) / total
        return int(result.argmax())


def contexts_of(tokens: np.ndarray, order: int) -> np.ndarray:
    """The `order - 1` tokens before each token that has so many, as numbers, [tokens - order + 1]."""
    result = np.zeros(len(tokens) - order + 1, dtype=np.uint64)
    for i in range(order - 1):
        result = (result << np.uint64(TOKEN_BITS)) | tokens[i : i + len(result)].astype(np.uint64)
    return result


def numbered(places: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    return (places.astype(np.uint64) << np.uint64(TOKEN_BITS)) | tokens.astype(np.uint64)


def last_tokens(grams: np.ndarray) -> np.ndarray:
    return (grams & np.uint64((1 << TOKEN_BITS) - 1)).astype(np.int64)
