"""The two figures of the learning curve, on fixed samples of the held-out packages."""

import math

import numpy as np
import torch

from model import Falcon
from pack import Split, Vocabulary, pack
from tokenizer import END_OF_TEXT, MIDDLE, SUFFIX

SEED = 4
ROW_LENGTH = 512
PLAIN_ROWS, INFILL_ROWS = 96, 96
BATCH = 16


class LearningCurve:
    def __init__(self, vocabulary: Vocabulary) -> None:
        split = Split.load("held-out")
        self.plain = pack(split, vocabulary, ROW_LENGTH, (SEED, 0), infill_share=0)[:PLAIN_ROWS]
        self.infill = pack(split, vocabulary, ROW_LENGTH, (SEED, 1), infill_share=1)[:INFILL_ROWS]
        self.sizes = torch.tensor([len(text.encode()) for text in vocabulary.texts])

    @torch.no_grad()
    def measure(self, model: Falcon) -> dict[str, float]:
        """Bits per byte of plain text, and of infill samples, where each text knows what comes after it."""
        return {
            "plain_bits_per_byte": self.bits_per_byte(model, self.plain),
            "infill_bits_per_byte": self.bits_per_byte(model, self.infill),
        }

    def bits_per_byte(self, model: Falcon, rows: np.ndarray) -> float:
        """Of the text outside >>SUFFIX<< and >>MIDDLE<<."""
        device = next(model.parameters()).device
        sizes = self.sizes.to(device)
        nats, size = 0.0, 0
        for batch in torch.from_numpy(rows.astype(np.int64)).split(BATCH):
            batch = batch.to(device)
            logits = model(batch[:, :-1])
            targets = batch[:, 1:]
            losses = torch.nn.functional.cross_entropy(logits.transpose(1, 2), targets, reduction="none")
            text = (targets > END_OF_TEXT) & ~inside_suffix(targets)
            nats += losses[text].sum().item()
            size += sizes[targets[text]].sum().item()
        return nats / math.log(2) / size


def inside_suffix(tokens: torch.Tensor) -> torch.Tensor:
    """[rows, length] tokens -> whether each stands after a >>SUFFIX<< whose >>MIDDLE<< has not come."""
    return ((tokens == SUFFIX).cumsum(1) - (tokens == MIDDLE).cumsum(1)) > 0
