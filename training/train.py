"""Trains the model: python training/train.py [--run NAME]

Warms up, then keeps the rate; goes on from the run's last checkpoint, wherever it was ended. A decay is a run of its own, begun
when it is wanted: python training/train.py --run decay --start-from main --decay-steps 800
"""

import argparse
import json
import math
import os
import signal
import time
from pathlib import Path

# Threads that wait for each other sleep: on a busy machine they would spend the run's share of it on waiting.
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"

import numpy as np
import torch

from batches import SEED, Batches
from checkpoint import checkpoint_path
from curve import LearningCurve
from model import Falcon, autocast, falcon_config
from muon import Muon
from pack import Vocabulary
from tokenizer import load_tokenizer

WARMUP_STEPS = 200
MATRIX_RATE, OTHER_RATE = 4e-3, 3e-3
CHECKPOINT_SECONDS = 300
LOGGED_STEPS = 20


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", default="main", help="name of the run: its checkpoint and curve are kept under it")
    parser.add_argument("--start-from", help="run whose last checkpoint a new run starts from")
    parser.add_argument(
        "--decay-steps", type=int, default=0, help="lower the rate to nothing over these steps, then stop"
    )
    parser.add_argument("--row-length", type=int, default=512, help="tokens of context")
    parser.add_argument("--instruction-share", type=float, default=0.0, help="share of the rows that hold instructions")
    parser.add_argument("--batch-tokens", type=int, default=8192, help="tokens of a step")
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--steps", type=int, default=10**9, help="stop at this step")
    parser.add_argument("--measure-every", type=int, default=200, help="steps between points of the learning curve")
    return parser.parse_args()


def make_optimizers(model: Falcon) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the blocks, AdamW for the embedding and the norms."""
    matrices = [
        parameter for name, parameter in model.named_parameters() if parameter.dim() == 2 and "embeddings" not in name
    ]
    others = [parameter for name, parameter in model.named_parameters() if parameter.dim() == 1 or "embeddings" in name]
    return [
        Muon(matrices, lr=MATRIX_RATE, weight_decay=0.05, momentum=0.95),
        torch.optim.AdamW(others, lr=OTHER_RATE, betas=(0.9, 0.98), weight_decay=0.0, fused=True),
    ]


def rate_share(step: int, decay_start: int, decay_steps: int) -> float:
    """Of the full rate: rises over the first steps, and falls as one minus a square root in a decay (Hägele et al. 2024)."""
    if decay_steps:
        return max(0.0, 1 - math.sqrt((step - decay_start) / decay_steps))
    return min(1.0, (step + 1) / WARMUP_STEPS)


class Training:
    """A run: the model, its optimizers, and the place in the data."""

    def __init__(self, options: argparse.Namespace, vocabulary: Vocabulary) -> None:
        self.model = Falcon(falcon_config(layers=options.layers, vocabulary=len(vocabulary.texts)))
        self.optimizers = make_optimizers(self.model)
        rows_per_step = options.batch_tokens // options.row_length
        self.batches = Batches(vocabulary, options.row_length, rows_per_step, options.instruction_share)
        self.loss = torch.compile(self.model.loss)
        self.layers, self.decay_steps = options.layers, options.decay_steps
        self.step, self.tokens, self.decay_start = 0, 0, 0

    def begin(self, checkpoint: Path, source: Path | None) -> None:
        """From the run's checkpoint, else from another run's, else from nothing."""
        source = checkpoint if checkpoint.exists() else source
        place = self.batches.place()
        if source:
            state = torch.load(source)
            self.model.load_state_dict(state["model"])
            for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(saved)
            self.step, self.tokens, place = state["step"], state["tokens"], state["place"]
            self.decay_start = state["decay_start"] if source == checkpoint else self.step
        self.batches.seek(place)

    def save(self, checkpoint: Path) -> None:
        """Whole or not at all."""
        state = {
            "step": self.step,
            "tokens": self.tokens,
            "place": self.batches.place(),
            "decay_start": self.decay_start,
            "layers": self.layers,
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
        }
        torch.save(state, checkpoint.with_suffix(".new"))
        checkpoint.with_suffix(".new").replace(checkpoint)

    def advance(self) -> float:
        """One step; its loss in nats per token."""
        share = rate_share(self.step, self.decay_start, self.decay_steps)
        for optimizer, full in zip(self.optimizers, (MATRIX_RATE, OTHER_RATE), strict=True):
            for group in optimizer.param_groups:
                group["lr"] = full * share
        inputs, targets = self.batches.next()
        with autocast():
            loss = self.loss(inputs, targets)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad()
        self.step, self.tokens = self.step + 1, self.tokens + inputs.numel()
        return loss.item()


def main() -> None:
    options = arguments()
    torch.set_num_threads(2)
    torch.manual_seed(SEED)
    vocabulary = Vocabulary.of(load_tokenizer())
    training, curve = Training(options, vocabulary), LearningCurve(vocabulary)
    checkpoint = checkpoint_path(options.run)
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    training.begin(checkpoint, options.start_from and checkpoint_path(options.start_from))
    last_step = min(options.steps, training.decay_start + options.decay_steps if options.decay_steps else options.steps)
    ended: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: ended.append(received))

    def log(**figures: float) -> None:
        record = {"step": training.step, "tokens": training.tokens}
        record |= {name: round(value, 4) for name, value in figures.items()}
        with (checkpoint.parent / "curve.jsonl").open("a") as file:
            file.write(json.dumps(record) + "\n")
        print(record, flush=True)

    saved_at = logged_at = time.monotonic()
    losses: list[float] = []
    while training.step < last_step and not ended:
        losses.append(training.advance())
        if training.step % LOGGED_STEPS == 0:
            rate = options.batch_tokens * len(losses) / (time.monotonic() - logged_at)
            log(loss=float(np.mean(losses)), tokens_per_second=rate)
            losses = []
        if training.step % options.measure_every == 0 or training.step == last_step:
            log(**curve.measure(training.model))
        if time.monotonic() - saved_at > CHECKPOINT_SECONDS:
            training.save(checkpoint)
            saved_at = time.monotonic()
        if not losses:
            logged_at = time.monotonic()
    training.save(checkpoint)


if __name__ == "__main__":
    main()
