"""The steps of a training run: the model, its optimizers, the rate by the time, and what is done where a device cannot go on."""

import argparse
import math

import numpy as np
import torch

from attention import Way, fastest_first, ways_for
from checkpoint import checkpoint_path
from model import IGNORED, Falcon, falcon_config
from muon import Muon
from pack import CUT, Vocabulary
from paths import TOKENS
from rows import SEED, Rows

#: Shares of the time.
WARMUP, SMALL_STEPS, DECAY = 0.025, 0.2, 0.25
INSTRUCTION_SHARE = 0.15


def stream_type(device: torch.device) -> torch.dtype:
    """Bfloat16 where the processor multiplies it; elsewhere it takes fifty times as long as single precision."""
    fast = device.type == "cuda" or torch.cpu._is_avx512_bf16_supported()
    return torch.bfloat16 if fast else torch.float32


def rate_share(progress: float) -> float:
    """Of the full rate: rises over the first steps, and falls as one minus a square root in the decay (Hägele et al. 2024)."""
    if progress > 1 - DECAY:
        return max(0.0, 1 - math.sqrt((progress - 1 + DECAY) / DECAY))
    return min(1.0, progress / WARMUP + 0.02)


class Training:
    """A run: the model, its optimizers, and the place in the data and in the time."""

    def __init__(self, options: argparse.Namespace, device: torch.device, vocabulary: Vocabulary) -> None:
        self.options, self.device = options, device
        config = falcon_config(layers=options.layers, width=options.width, vocabulary=len(vocabulary.texts))
        self.model = Falcon(config, stream_type(device)).to(device)
        self.optimizers = self.make_optimizers()
        self.step, self.tokens, self.seconds, place = 0, 0, 0.0, (0, 0)
        self.checkpoint = checkpoint_path(options.run)
        if self.checkpoint.exists():
            place = self.load()
        self.rows = Rows(options.row_length, place)
        self.instructions = np.load(TOKENS / "instructions.npy", mmap_mode="r")
        self.micro_rows = min(options.micro_rows, options.rows)
        heads = config.num_attention_heads
        ways = fastest_first(ways_for(device), heads, options.row_length, device, self.model.dtype)
        #: What is tried next where one fails.
        self.ways = [(way, is_compiled) for is_compiled in (True, False) for way in ways]
        self.use(*self.ways[0])

    def make_optimizers(self) -> list[torch.optim.Optimizer]:
        """Muon for the matrices of the blocks, AdamW for the embedding and the norms."""
        named = dict(self.model.named_parameters())
        matrices = [each for name, each in named.items() if each.dim() == 2 and "embeddings" not in name]
        others = [each for name, each in named.items() if each.dim() == 1 or "embeddings" in name]
        return [
            Muon(matrices, lr=self.options.matrix_rate, weight_decay=0.05, momentum=0.95),
            torch.optim.AdamW(others, lr=self.options.other_rate, betas=(0.9, 0.98), weight_decay=0.0, fused=True),
        ]

    def load(self) -> tuple[int, int]:
        """Goes on from the checkpoint; its place in the data."""
        state = torch.load(self.checkpoint, map_location=self.device)
        if state["row_length"] != self.options.row_length:
            raise SystemExit(
                f"the run {self.options.run} has rows of {state['row_length']} tokens: say --row-length so, or --run anew"
            )
        self.model.load_state_dict(state["model"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.step, self.tokens, self.seconds = state["step"], state["tokens"], state["seconds"]
        return tuple(state["place"])

    def save(self) -> None:
        """Whole or not at all."""
        state = {
            "step": self.step,
            "tokens": self.tokens,
            "seconds": self.seconds,
            "place": self.rows.place,
            "row_length": self.options.row_length,
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
        }
        new = self.checkpoint.with_suffix(".new")
        torch.save(state, new)
        new.replace(self.checkpoint)

    @property
    def progress(self) -> float:
        """From 0 to 1, by the time or by the steps, whichever ends the run first."""
        return max(self.seconds / self.options.seconds, self.step / self.options.steps)

    def use(self, way: Way, is_compiled: bool) -> None:
        way.prepare()
        self.model.use(way.attend, is_compiled)
        print(f"attention: {way.name}; {'compiled' if is_compiled else 'not compiled'}", flush=True)

    def next_rows(self) -> np.ndarray:
        """The rows of a step; in the decay some of them hold instructions, cut at random places."""
        count = max(1, self.options.rows // 2) if self.progress < SMALL_STEPS else self.options.rows
        length = self.options.row_length + 1
        if self.progress <= 1 - DECAY or len(self.instructions) <= length:
            return self.rows.take(count)
        random = np.random.default_rng((SEED, self.step))
        instructions = int(count * INSTRUCTION_SHARE + random.random())
        places = random.integers(len(self.instructions) - length, size=instructions)
        cut = self.instructions[places[:, None] + np.arange(length)]
        return np.concatenate([self.rows.take(count - instructions), cut]) if instructions < count else cut

    def gradients(self, rows: np.ndarray) -> torch.Tensor:
        """Of the mean loss, which is returned, in parts that fit the memory, by a way that works."""
        while True:
            try:
                return self.accumulate(rows)
            except torch.OutOfMemoryError:
                if self.micro_rows == 1:
                    raise
                self.micro_rows //= 2
                print(f"out of memory: {self.micro_rows} rows at once", flush=True)
            # Compilers and kernels fail in ways of their own.
            except Exception as problem:
                if len(self.ways) == 1:
                    raise
                print(f"this fails: {type(problem).__name__}: {str(problem)[:400]}", flush=True)
                del self.ways[0]
                self.use(*self.ways[0])
            self.clear_gradients()

    def accumulate(self, rows: np.ndarray) -> torch.Tensor:
        tokens = torch.from_numpy(rows.astype(np.int32))
        if self.device.type == "cuda":
            tokens = tokens.pin_memory().to(self.device, non_blocking=True)
        inputs, targets = tokens[:, :-1].contiguous(), tokens[:, 1:].long()
        targets = targets.masked_fill(targets == CUT, IGNORED)
        learned = int((rows[:, 1:] != CUT).sum())
        total = torch.zeros((), device=self.device)
        for some, wanted in zip(inputs.split(self.micro_rows), targets.split(self.micro_rows), strict=True):
            loss = self.model.loss(some, wanted) / learned
            loss.backward()
            total += loss.detach()
        return total

    def clear_gradients(self) -> None:
        for optimizer in self.optimizers:
            optimizer.zero_grad()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()

    def advance(self) -> torch.Tensor:
        """One step; its loss in nats per token."""
        share = rate_share(self.progress)
        for optimizer, full in zip(self.optimizers, (self.options.matrix_rate, self.options.other_rate), strict=True):
            for group in optimizer.param_groups:
                group["lr"] = full * share
        rows = self.next_rows()
        loss = self.gradients(rows)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad()
        self.step, self.tokens = self.step + 1, self.tokens + rows.size - len(rows)
        return loss

    def warm_up(self) -> None:
        """Finds what works and compiles it before the time runs, on rows that are not learned, and waits for the first ones."""
        self.gradients(np.full((self.micro_rows, self.options.row_length + 1), CUT + 5, dtype=np.uint16))
        self.clear_gradients()
        self.rows.wait()
