"""Trains the model: python training/train.py [--run NAME]

Warms up, then keeps the rate; goes on from the run's last checkpoint, wherever it was ended. A decay is a run of its own, begun
when it is wanted: python training/train.py --run decay --start-from main --decay-steps 600
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

from curve import LearningCurve
from model import Falcon, falcon_config
from pack import CUT, Split, Vocabulary, pack, with_instructions
from paths import RUNS, TOKENS
from tokenizer import load_tokenizer

SEED = 20261124
WARMUP_STEPS = 200
MATRIX_RATE, OTHER_RATE = 4e-3, 3e-3
CHECKPOINT_SECONDS = 300
IGNORED = -100


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
        self.rows = pack(self.split, self.vocabulary, self.row_length, (SEED, self.epoch))
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


def make_optimizers(model: Falcon) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the blocks (Jordan 2024), AdamW for the embedding and the norms."""
    matrices = [
        parameter for name, parameter in model.named_parameters() if parameter.dim() == 2 and "embeddings" not in name
    ]
    others = [parameter for name, parameter in model.named_parameters() if parameter.dim() == 1 or "embeddings" in name]
    return [
        torch.optim.Muon(matrices, lr=MATRIX_RATE, weight_decay=0.05, momentum=0.95, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=OTHER_RATE, betas=(0.9, 0.98), weight_decay=0.0, fused=True),
    ]


def rate_share(step: int, decay_start: int, decay_steps: int) -> float:
    """Of the full rate: rises over the first steps, and falls as one minus a square root in a decay (Hägele et al. 2024)."""
    if decay_steps:
        return max(0.0, 1 - math.sqrt((step - decay_start) / decay_steps))
    return min(1.0, (step + 1) / WARMUP_STEPS)


def save(path: Path, state: dict) -> None:
    """Whole or not at all."""
    torch.save(state, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


def main() -> None:
    options = arguments()
    torch.set_num_threads(2)
    torch.manual_seed(SEED)
    vocabulary = Vocabulary.of(load_tokenizer())
    model = Falcon(falcon_config(layers=options.layers, vocabulary=len(vocabulary.texts)))
    optimizers = make_optimizers(model)
    rows_per_step = options.batch_tokens // options.row_length
    batches = Batches(vocabulary, options.row_length, rows_per_step, options.instruction_share)
    folder = RUNS / options.run
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = folder / "checkpoint.pt"
    step, tokens, decay_start = 0, 0, 0
    place = batches.place()
    source = checkpoint if checkpoint.exists() else options.start_from and RUNS / options.start_from / "checkpoint.pt"
    if source:
        state = torch.load(source)
        model.load_state_dict(state["model"])
        for optimizer, saved in zip(optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        step, tokens, place = state["step"], state["tokens"], state["place"]
        decay_start = state["decay_start"] if source == checkpoint else step
    batches.seek(place)
    full_rates = [MATRIX_RATE, OTHER_RATE]
    last_step = min(options.steps, decay_start + options.decay_steps) if options.decay_steps else options.steps
    compiled = torch.compile(model.loss)
    curve = LearningCurve(vocabulary)
    ended: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: ended.append(received))

    def checkpoint_state() -> dict:
        return {
            "step": step,
            "tokens": tokens,
            "place": batches.place(),
            "decay_start": decay_start,
            "layers": options.layers,
            "model": model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in optimizers],
        }

    def log(**figures: float) -> None:
        record = {"step": step, "tokens": tokens} | {name: round(value, 4) for name, value in figures.items()}
        with (folder / "curve.jsonl").open("a") as file:
            file.write(json.dumps(record) + "\n")
        print(record, flush=True)

    saved_at, started, losses = time.monotonic(), time.monotonic(), []
    while step < last_step and not ended:
        share = rate_share(step, decay_start, options.decay_steps)
        for optimizer, full in zip(optimizers, full_rates, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = full * share
        inputs, targets = batches.next()
        with torch.autocast("cpu", torch.bfloat16):
            loss = compiled(inputs, targets)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
        step, tokens = step + 1, tokens + inputs.numel()
        losses.append(loss.item())
        if step % 20 == 0:
            log(
                loss=float(np.mean(losses)),
                tokens_per_second=inputs.numel() * len(losses) / (time.monotonic() - started),
            )
            losses, started = [], time.monotonic()
        if step % options.measure_every == 0 or step == last_step:
            log(**curve.measure(model))
            losses, started = [], time.monotonic()
        if time.monotonic() - saved_at > CHECKPOINT_SECONDS:
            save(checkpoint, checkpoint_state())
            saved_at = time.monotonic()
    save(checkpoint, checkpoint_state())


if __name__ == "__main__":
    main()
