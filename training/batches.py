"""The batches of training, in an order that depends on the seed and the epoch alone."""

import hashlib
from pathlib import Path

import numpy as np
import torch

import pack as pack_module
from pack import CUT, Split, Vocabulary, pack, with_instructions
from paths import TOKENS

SEED = 20261124
IGNORED = -100


def packing() -> str:
    """What the rows of an epoch come of: how they are packed, and the tokens."""
    parts = [Path(pack_module.__file__).read_bytes(), (TOKENS / "training.npy").read_bytes()]
    return hashlib.sha256(b"".join(parts)).hexdigest()[:12]


class Batches:
    """Rows in a fixed order: a place is an epoch and a row in it, and what the rows of an epoch depend on."""

    def __init__(self, vocabulary: Vocabulary, row_length: int, rows_per_step: int, instruction_share: float) -> None:
        self.split, self.vocabulary = Split.load("training"), vocabulary
        self.row_length, self.rows_per_step, self.instruction_share = row_length, rows_per_step, instruction_share
        self.epoch, self.row, self.rows = 0, 0, np.empty(0)

    def seek(self, place: dict[str, float]) -> None:
        """A place among rows of another kind begins a new epoch."""
        self.epoch, self.row = int(place["epoch"]), int(place["row"])
        if place != self.place():
            self.epoch, self.row = self.epoch + 1, 0
        packed = TOKENS / f"rows-{packing()}-{self.row_length}-{self.epoch}.npy"
        if not packed.exists():
            np.save(packed, pack(self.split, self.vocabulary, self.row_length, (SEED, self.epoch)))
        self.rows = np.load(packed)
        if self.instruction_share:
            tokens = np.load(TOKENS / "instructions.npy")
            self.rows = with_instructions(self.rows, tokens, self.instruction_share, (SEED, self.epoch))

    def place(self) -> dict[str, float]:
        return {
            "epoch": self.epoch,
            "row": self.row,
            "row_length": self.row_length,
            "instruction_share": self.instruction_share,
        }

    def next(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Inputs and targets, [rows, row_length] each."""
        if self.row + self.rows_per_step > len(self.rows):
            self.seek(self.place() | {"epoch": self.epoch + 1, "row": 0})
        batch = torch.from_numpy(self.rows[self.row : self.row + self.rows_per_step].astype(np.int64))
        self.row += self.rows_per_step
        targets = batch[:, 1:].clone()
        targets[targets == CUT] = IGNORED
        return batch[:, :-1], targets
