"""Trains the model, on a GPU where PyTorch has one: python training/train.py [--run NAME] [--seconds 360]

The rate warms up, stays, and falls to nothing over the last quarter of the time, so that a run always ends with a finished model.
One that was ended goes on from its last checkpoint, and one whose time is up ends again at once.
"""

import argparse
import json
import math
import os
import signal
import time

# Threads that wait for each other sleep: on a busy machine they would spend the run's share of it on waiting.
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
os.environ.setdefault("PYTORCH_CUDA_ALLOC_CONF", "expandable_segments:True")

import numpy as np
import torch

from attention import Way, fastest_first, ways_for
from checkpoint import checkpoint_path
from curve import LearningCurve
from model import CONTEXT, IGNORED, Falcon, falcon_config
from muon import Muon
from pack import CUT, Vocabulary
from paths import TOKENS
from rows import SEED, Rows
from tokenizer import load_tokenizer

#: Shares of the time.
WARMUP, SMALL_STEPS, DECAY = 0.025, 0.2, 0.25
INSTRUCTION_SHARE = 0.15
CHECKPOINT_SECONDS = 60
LOGGED_STEPS = 20


def arguments(device: torch.device, given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    gpu = device.type == "cuda"
    parser.add_argument("--run", default="main", help="name of the run: its checkpoint and curve are kept under it")
    parser.add_argument("--seconds", type=float, default=360 if gpu else 36_000, help="time of the whole run")
    parser.add_argument("--steps", type=int, default=10**9, help="a run of at most so many steps, in place of the time")
    parser.add_argument("--layers", type=int, default=8)
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--row-length", type=int, default=CONTEXT if gpu else 512, help="tokens of a row")
    parser.add_argument("--rows", type=int, default=128 if gpu else 16, help="rows of a step, half as many at first")
    parser.add_argument("--micro-rows", type=int, default=64 if gpu else 8, help="rows that are computed at once")
    parser.add_argument("--matrix-rate", type=float, default=5e-3)
    parser.add_argument("--other-rate", type=float, default=3e-3)
    parser.add_argument(
        "--measure-seconds", type=float, default=40 if gpu else 1200, help="between points of the curve"
    )
    return parser.parse_args(given)


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


def main() -> None:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    options = arguments(device)
    torch.set_num_threads(os.cpu_count() or 1)
    torch.set_float32_matmul_precision("high")
    torch.manual_seed(SEED)
    vocabulary = Vocabulary.of(load_tokenizer())
    checkpoint_path(options.run).parent.mkdir(parents=True, exist_ok=True)
    training = Training(options, device, vocabulary)
    try:
        run(training, LearningCurve(vocabulary))
    finally:
        training.rows.close()


def run(training: Training, curve: LearningCurve) -> None:
    """To the end of the time, or until the process is told to end; either leaves a checkpoint."""
    ended: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: ended.append(received))

    def log(**figures: float) -> None:
        record = {"seconds": round(training.seconds, 1), "step": training.step, "tokens": training.tokens}
        record |= {name: round(value, 4) for name, value in figures.items()}
        with (training.checkpoint.parent / "curve.jsonl").open("a") as file:
            file.write(json.dumps(record) + "\n")
        print(record, flush=True)

    if training.progress < 1:
        training.warm_up()
    saved_at = measured_at = now = time.monotonic()
    logged, losses = (now, training.tokens), []
    while training.progress < 1 and not ended:
        losses.append(training.advance())
        # A step of the device behind at most, so that the clock is the device's.
        if len(losses) > 1:
            losses[-2].item()
        before, now = now, time.monotonic()
        training.seconds += now - before
        if training.step % LOGGED_STEPS == 0:
            loss = torch.stack(losses).mean().item()
            if not math.isfinite(loss):
                raise SystemExit(
                    f"the loss is no number any more at step {training.step}: lower --matrix-rate, with a new --run"
                )
            log(loss=loss, tokens_per_second=(training.tokens - logged[1]) / (now - logged[0]))
            logged, losses = (now, training.tokens), []
        if now - measured_at > training.options.measure_seconds:
            log(**curve.measure(training.model))
            measured_at = time.monotonic()
        if now - saved_at > CHECKPOINT_SECONDS:
            training.save()
            saved_at = time.monotonic()
    training.save()
    if training.progress >= 1:
        log(**curve.measure(training.model))


if __name__ == "__main__":
    main()
