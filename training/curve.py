"""The two figures of the learning curve, on fixed samples of the held-out packages."""

import math

import numpy as np
import torch

from model import Falcon, autocast
from pack import CUT, Split, Vocabulary, pack
from tokenizer import END_OF_TEXT, MIDDLE

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
        """Bits per byte of plain text, and of the middles of infill samples: bits per byte, the share that greedy decoding
        gets wholly right, and the mean share of tokens before its first fault."""
        nats, size, _ = self.evaluate(model, self.plain)
        figures = {"bits_per_byte": nats.sum().item() / math.log(2) / size.sum().item()}
        nats, size, right = self.evaluate(model, self.infill)
        exact, kept, bits, bytes_ = [], [], 0.0, 0
        for row, start, end in middles(self.infill):
            hits = right[row, start : end + 1].numpy()
            exact.append(bool(hits.all()))
            wrong = np.flatnonzero(~hits)
            kept.append((wrong[0] if len(wrong) else end - start) / (end - start))
            bits += nats[row, start:end].sum().item() / math.log(2)
            bytes_ += size[row, start:end].sum().item()
        return figures | {
            "infill_bits_per_byte": bits / bytes_,
            "infill_exact": float(np.mean(exact)),
            "infill_kept": float(np.mean(kept)),
        }

    def evaluate(self, model: Falcon, rows: np.ndarray) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """For each target [rows, length]: nats, bytes (no special tokens), and whether the most likely token is it."""
        nats, right = [], []
        tokens = torch.from_numpy(rows.astype(np.int64))
        for batch in tokens.split(BATCH):
            with autocast():
                logits = model(batch[:, :-1]).float()
            nats.append(torch.nn.functional.cross_entropy(logits.transpose(1, 2), batch[:, 1:], reduction="none"))
            right.append(logits.argmax(-1) == batch[:, 1:])
        targets = tokens[:, 1:]
        text = targets > END_OF_TEXT
        return torch.cat(nats) * text, self.sizes[targets] * text, torch.cat(right)


def middles(rows: np.ndarray) -> list[tuple[int, int, int]]:
    """Row, and where in its targets a middle starts and the token that closes it stands; empty middles are left out."""
    found = []
    for number, row in enumerate(rows[:, 1:]):
        for start in np.flatnonzero(row == MIDDLE) + 1:
            closing = np.flatnonzero(row[start:] == END_OF_TEXT)
            if len(closing) and closing[0] > 0 and CUT not in row[start : start + closing[0]]:
                found.append((number, int(start), int(start + closing[0])))
    return found
