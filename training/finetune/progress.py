"""Says how a run goes, a JSON object in each line, ends it in time, and keeps the adapter with the least held-out loss."""

import json
import math
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from fault import Fault

#: Of a run: how often the held-out part is measured.
MEASUREMENTS = 10
#: Seconds that a step lasts at most; what is beyond, the machine slept.
LONGEST_STEP = 900


def say(event: str, **fields: Any) -> None:
    # The libraries print to the other stream.
    print(json.dumps({"event": event, **fields}), file=sys.__stdout__, flush=True)


def used_memory() -> int:
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated()
    return psutil.Process().memory_info().rss


class Progress(TrainerCallback):
    def __init__(self, steps: int, seconds: float, best: Path | None) -> None:
        """`best`: the folder of the adapter that is kept; a trial keeps none."""
        self.steps, self.seconds, self.best = steps, seconds, best
        self.stopped = False
        self.least: float | None = None
        self.least_step = 0
        self.worked = 0.0
        self.step_started = 0.0
        self.next_measurement = 1 / MEASUREMENTS
        if torch.cuda.is_available():
            # A try for which the memory was too small reached all of it.
            torch.cuda.reset_peak_memory_stats()

    def stop(self, *_: Any) -> None:
        self.stopped = True

    def fraction(self, step: int) -> float:
        """Of the run: by steps, or by time where that ends first."""
        return min(1, max(step / self.steps, self.worked / self.seconds))

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        self.step_started = time.monotonic()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> TrainerControl:
        self.worked += min(time.monotonic() - self.step_started, LONGEST_STEP)
        fraction = self.fraction(state.global_step)
        control.should_log = True
        control.should_training_stop = self.stopped or fraction >= 1
        # A trial measures at its end alone, so that its steps are told apart from that.
        if control.should_training_stop or (self.best and fraction >= self.next_measurement):
            control.should_evaluate = True
            self.next_measurement = fraction + 1 / MEASUREMENTS
        return control

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, logs: dict[str, Any], **_: Any
    ) -> None:
        if "loss" not in logs:
            return
        if not math.isfinite(logs["loss"]):
            raise Fault("diverged", "The loss is no number any more. Give a lower --rate; what was best is kept.")
        say(
            "step",
            step=state.global_step,
            loss=logs["loss"],
            seconds=round(self.worked, 3),
            fraction=round(self.fraction(state.global_step), 4),
            memory=used_memory(),
        )

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        metrics: dict[str, float],
        **words: Any,
    ) -> None:
        loss, seconds = metrics["eval_loss"], metrics["eval_runtime"]
        self.worked += min(seconds, LONGEST_STEP)
        is_best = state.global_step > 0 and (self.least is None or loss < self.least)
        if is_best and self.best:
            self.least, self.least_step = loss, state.global_step
            keep(self.best, lambda folder: save(words["model"], words["processing_class"], folder))
        say("heldOut", step=state.global_step, loss=loss, best=is_best, seconds=round(seconds, 3))


def save(model: Any, tokenizer: Any, folder: Path) -> None:
    """An adapter alone, or a whole model, which is converted with its tokenizer."""
    model.save_pretrained(folder)
    if not hasattr(model, "peft_config"):
        tokenizer.save_pretrained(folder)


def keep(folder: Path, write: Callable[[Path], None]) -> None:
    """The folder holds what is written wholly, or what it held before: a run may be killed at any time."""
    new, old = folder.with_name(f"{folder.name}.new"), folder.with_name(f"{folder.name}.old")
    shutil.rmtree(new, ignore_errors=True)
    write(new)
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
