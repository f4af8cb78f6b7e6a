"""Trains an adapter on the data in this folder, step by step, on any machine: python run.py [--base FOLDER]

It makes an environment with the libraries (by uv where that is there, otherwise by venv), after it has asked; tries two steps, and
tells what the run will take; trains; and leaves the best adapter in out/best. Ctrl+C ends the run and keeps the best. It needs
Python 3.10 or later and nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
#: Bytes of the libraries, with PyTorch for a processor, and with that for a GPU, which brings NVIDIA's on Linux.
LIBRARIES, GPU_LIBRARIES = 3_000_000_000, 10_000_000_000
#: PyTorch without NVIDIA's libraries; PyPI's for Linux has them.
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
#: Of a run's time, what goes to the held-out examples, all measurements together (progress.py: ten, and one before and after).
MEASURING, MEASUREMENTS = 0.2, 12
#: Characters.
BAR = 40


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", type=Path, help="the model's original weights, as Hugging Face has them")
    parser.add_argument("--environment", type=Path, default=HERE / "environment", help="the folder of the libraries")
    parser.add_argument("--out", type=Path, default=HERE / "out")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--yes", action="store_true", help="asks nothing")
    parser.add_argument("--python", type=Path, help="a Python that has the libraries already")
    arguments, others = parser.parse_known_args()
    if sys.version_info < (3, 10):
        return fail(f"This is Python {sys.version.split()[0]}, and 3.10 or later is needed.")
    base = (arguments.base or ask_for_base()).resolve()
    if not (base / "config.json").is_file() or not list(base.glob("*.safetensors")):
        return fail(
            f"{base} holds no config.json with *.safetensors: it is not the folder of a model's original weights."
        )
    python = arguments.python or make_environment(arguments.environment.resolve(), arguments.yes)
    if not python:
        return 1
    files = ["--base", base, "--data", HERE / "train.jsonl", "--held-out", HERE / "held-out.jsonl"]
    command = [str(each) for each in (python, HERE / "finetune.py", *files, "--out", arguments.out.resolve(), *others)]
    print("Two steps and a measurement are tried, to see what the run will take.", flush=True)
    events = train([*command, "--trial"], shown=False)
    steps = [event for event in events if event["event"] == "step"]
    held_out = [event for event in events if event["event"] == "heldOut"]
    if len(steps) < 2 or not held_out:
        return 1
    seconds = steps[1]["seconds"] - steps[0]["seconds"]
    memory = max(step["memory"] for step in steps)
    print(f"A step takes {seconds:.1f} s and {memory / 1e9:.1f} GB of memory. {arguments.minutes:g} minutes are used.")
    examples = next(event["measured"] for event in events if event["event"] == "started")
    measured = measured_examples(60 * arguments.minutes, held_out[-1]["seconds"] / examples)
    of_all = min(measured, lines_of(HERE / "held-out.jsonl"))
    print(f"Of that, {MEASURING:.0%} at most go to {of_all} held-out examples, which are measured about ten times.")
    if not arguments.yes and not agrees("Train?"):
        return 1
    # Three times over the data at most: more is learned by heart.
    count = max(20, 3 * lines_of(HERE / "train.jsonl") // 8)
    limits = ["--steps", str(count), "--seconds", str(60 * arguments.minutes), "--measured", str(measured)]
    events = train([*command, *limits], shown=True)
    if not events or events[-1]["event"] != "done":
        return 1
    before = next(event["loss"] for event in events if event["event"] == "heldOut")
    print(
        f"Held-out loss: {before:.3f} before, {events[-1]['loss']:.3f} now. The adapter is in {events[-1]['folder']}."
    )
    return 0


def measured_examples(run: float, example: float) -> int:
    """As many as their share of a run has room for; both in seconds."""
    return max(1, min(1000, int(MEASURING * run / MEASUREMENTS / max(example, 1e-6))))


def ask_for_base() -> Path:
    print(
        "The model's original weights, as Hugging Face has them, are needed: config.json, tokenizer.json, *.safetensors."
    )
    return Path(input("Their folder: ").strip().strip("\"'")).expanduser()


def make_environment(folder: Path, agreed: bool) -> str | None:
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    done = folder / "installed"
    requirements = (HERE / "requirements.txt").read_text()
    if done.is_file() and done.read_text() == requirements:
        return str(python)
    nvidia = shutil.which("nvidia-smi") is not None
    needed = GPU_LIBRARIES if sys.platform == "linux" and nvidia else LIBRARIES
    existing = next(each for each in (folder, *folder.parents) if each.exists())
    free = shutil.disk_usage(existing).free
    if free < needed:
        fail(
            f"The libraries take {needed / 1e9:.0f} GB, and {free / 1e9:.1f} GB are free on the disk of {folder}. "
            "Free some."
        )
        return None
    wanted = requirements_of(requirements, nvidia)
    places = f"PyPI, and PyTorch for a processor from {CPU_INDEX}," if len(wanted) > 1 else "PyPI"
    print(
        f"The libraries (PyTorch, Transformers, TRL, PEFT) are downloaded from {places} into {folder}. "
        f"They take {needed / 1e9:.0f} GB there."
    )
    if not agreed and not agrees("Go on?"):
        return None
    uv = shutil.which("uv")
    if uv:
        make = [uv, "venv", "--no-config", "--no-project", "--python", sys.executable, str(folder)]
        install = [uv, "pip", "install", "--no-config", "--python", str(python)]
    else:
        make = [sys.executable, "-I", "-m", "venv", str(folder)]
        install = [str(python), "-I", "-m", "pip", "install"]
    for command in (make, *([*install, *words] for words in wanted)):
        # Neither modules nor settings of the folder that it is started from are run or read.
        if subprocess.run(command, check=False, cwd=HERE).returncode != 0:
            fail("The libraries cannot be installed; what went wrong stands above.")
            return None
    done.write_text(requirements)
    return str(python)


def requirements_of(requirements: str, nvidia: bool) -> list[list[str]]:
    """What is installed, one after the other: PyPI's PyTorch for Linux is of no use without an NVIDIA GPU."""
    everything = ["-r", str(HERE / "requirements.txt")]
    pytorch = [line for line in requirements.splitlines() if line.startswith("torch==")]
    if sys.platform != "linux" or nvidia or not pytorch:
        return [everything]
    return [[*pytorch, "--index-url", CPU_INDEX], everything]


def train(command: list[str], shown: bool) -> list[dict]:
    """What a run says. Ctrl+C reaches it, too, and it ends by itself."""
    events = []
    log = HERE / "finetune.log"
    # Whoever draws how a run goes reads it from there. A trial empties it.
    with log.open("a") as errors, (HERE / "progress.jsonl").open("w") as progress:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=HERE)
        assert process.stdout
        while True:
            try:
                for line in process.stdout:
                    event = json.loads(line)
                    events.append(event)
                    show(event, shown)
                    if shown or event["event"] == "failed":
                        print(line, end="", file=progress, flush=True)
                break
            except KeyboardInterrupt:
                print("\nThe run ends after this step, and keeps the best.", flush=True)
        if process.wait() != 0 and not any(event["event"] == "failed" for event in events):
            message = f"The run ended with the code {process.returncode}. {log} says why."
            print(json.dumps({"event": "failed", "message": message}), file=progress)
            fail(message)
    return events


def show(event: dict, shown: bool) -> None:
    kind = event["event"]
    if kind == "failed":
        fail(event["message"])
    elif kind == "lessMemory":
        print(f"The memory is too small for {event['batch']} examples at a time: fewer are tried.", flush=True)
    elif kind == "step" and shown:
        done = int(BAR * event["fraction"])
        bar = "=" * done + " " * (BAR - done)
        print(f"\r[{bar}] step {event['step']}, loss {event['loss']:.3f} ", end="", flush=True)
    elif kind == "heldOut" and shown:
        best = ", the best so far" if event["best"] else ""
        print(f"\nheld-out loss {event['loss']:.3f}{best}", flush=True)


def lines_of(file: Path) -> int:
    with file.open("rb") as lines:
        return sum(1 for _ in lines)


def agrees(question: str) -> bool:
    return input(f"{question} [Y/n] ").strip().lower() in ("", "y", "yes")


def fail(message: str) -> int:
    print(message, file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
