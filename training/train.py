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

import torch

from checkpoint import checkpoint_path
from curve import LearningCurve
from model import CONTEXT
from optimization import Training
from pack import Vocabulary
from rows import SEED
from tokenizer import load_tokenizer

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
