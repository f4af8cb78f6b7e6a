"""The rows of training, in an order that depends on the seed alone, arranged by processes of their own ahead of the training.

An epoch is its packages in groups drawn anew. A place is the number of a group, counted over all epochs, and a row in it.
"""

import math
import os
import signal
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from threading import Thread

import numpy as np

from pack import Split, Vocabulary, pack
from tokenizer import load_tokenizer

SEED = 20261124
#: A process arranges some millions a second: the first group is there before the model is compiled.
GROUP_TOKENS = 25_000_000
WORKERS = 2
#: What the working processes have loaded.
LOADED: dict[str, object] = {}


class Rows:
    """Closed by `close`, and by the end of the process whatever ends it."""

    def __init__(self, row_length: int, place: tuple[int, int] = (0, 0)) -> None:
        self.row_length = row_length
        self.group, self.row = place
        # A process of its own kind inherits nothing of a GPU.
        self.pool = ProcessPoolExecutor(WORKERS, get_context("spawn"), initializer=start_worker)
        self.ahead: deque[Future[np.ndarray]] = deque()
        self.rows: np.ndarray | None = None

    @property
    def place(self) -> tuple[int, int]:
        return self.group, self.row

    def take(self, count: int) -> np.ndarray:
        """The next rows, [count, row_length + 1]."""
        parts = []
        while count:
            self.wait()
            part = self.rows[self.row : self.row + count]
            parts.append(part)
            count -= len(part)
            self.row += len(part)
            if self.row == len(self.rows):
                self.group, self.row, self.rows = self.group + 1, 0, None
        return np.concatenate(parts)

    def wait(self) -> None:
        """For rows to be there."""
        if self.rows is not None:
            return
        while len(self.ahead) <= WORKERS:
            self.ahead.append(self.pool.submit(arrange, self.group + len(self.ahead), self.row_length))
        self.rows = self.ahead.popleft().result()
        if self.row >= len(self.rows):
            raise SystemExit(f"group {self.group} has no row {self.row}: the corpus is not what the run began with")

    def close(self) -> None:
        self.pool.shutdown(wait=True, cancel_futures=True)


def start_worker() -> None:
    """What was killed cannot end its processes: they watch it, and end with it alone."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    Thread(target=lambda: (parent_process().join(), os._exit(1)), daemon=True).start()


def arrange(number: int, row_length: int) -> np.ndarray:
    """Rows of a group."""
    if not LOADED:
        LOADED.update(split=Split.load("training"), vocabulary=Vocabulary.of(load_tokenizer()))
    split: Split = LOADED["split"]
    groups = math.ceil(len(split.tokens) / GROUP_TOKENS)
    epoch, group = divmod(number, groups)
    rows = pack(part_of(split, groups, epoch, group), LOADED["vocabulary"], row_length, (SEED, epoch, group))
    if not len(rows):
        raise SystemExit(
            f"group {group} of {groups} does not fill a row of {row_length} tokens: the corpus is too small"
        )
    return rows


def part_of(split: Split, groups: int, epoch: int, group: int) -> Split:
    """The files of a group's packages, each package in one group."""
    names = sorted({file["package"] for file in split.files})
    order = np.random.default_rng((SEED, epoch)).permutation(len(names))
    chosen = {names[number] for number in order[group::groups]}
    return split.part([number for number, file in enumerate(split.files) if file["package"] in chosen])
