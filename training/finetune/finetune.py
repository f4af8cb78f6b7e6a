"""Fine-tunes a Falcon: python finetune.py --base FOLDER --data FILE --held-out FILE --out FOLDER

LoRA by TRL's SFTTrainer and PEFT; with `--four-bits` QLoRA, on weights in 4 bits by bitsandbytes. The folder of `--out` gets
`best/`, with the least loss of the held-out examples: an adapter, or all weights with `--full`. SIGTERM and Ctrl+C end a run and
keep that. Standard output says how it goes, a JSON object in each line (progress.py).
"""

import argparse
import importlib.metadata
import json
import re
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

from fault import Fault

HERE = Path(__file__).parent
#: Examples that a step learns from, however many are computed at once.
STEP_EXAMPLES = 8


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", type=Path, required=True, help="a model's original weights, as Hugging Face has them")
    parser.add_argument("--data", type=Path, required=True, help="an example in each line (examples.py)")
    parser.add_argument("--held-out", type=Path, required=True, help="examples that are not learned from")
    parser.add_argument("--measured", type=int, default=64, help="of the held-out examples, how many are measured")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="ends the run where that comes first")
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--alpha", type=int, default=32)
    parser.add_argument("--rate", type=float, default=2e-4)
    parser.add_argument("--batch", type=int, default=STEP_EXAMPLES, help="examples at once; less where memory is short")
    parser.add_argument("--longest", type=int, default=1024, help="tokens of an example")
    parser.add_argument("--four-bits", action="store_true", help="QLoRA, on a GPU")
    parser.add_argument("--full", action="store_true", help="changes all weights in place of an adapter")
    parser.add_argument(
        "--trial", action="store_true", help="two steps and a measurement, for time and memory; keeps nothing"
    )
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def check_libraries() -> None:
    """Other versions name their arguments otherwise."""
    for line in (HERE / "requirements.txt").read_text().splitlines():
        found = re.match(r"([\w-]+)==([\w.]+)", line)
        if not found or found[1] == "bitsandbytes":
            continue
        mend = f"Run: {sys.executable} -m pip install -r {HERE / 'requirements.txt'}"
        try:
            version = importlib.metadata.version(found[1])
        except importlib.metadata.PackageNotFoundError as problem:
            raise Fault("libraries", f"{found[1]} is not installed. {mend}") from problem
        if version.split(".")[:2] != found[2].split(".")[:2]:
            raise Fault("libraries", f"{found[1]} is of version {version}, where {found[2]} is needed. {mend}")


def main() -> int:
    arguments = read_arguments()
    # Only what runs the program reads standard output.
    sys.stdout = sys.stderr
    try:
        check_libraries()
        run(arguments)
    except Fault as fault:
        failure = {"event": "failed", "cause": fault.cause, "message": str(fault)}
        print(json.dumps(failure), file=sys.__stdout__, flush=True)
        return 1
    return 0


def run(arguments: argparse.Namespace) -> None:
    # Each is a library that may be missing, and takes seconds to import.
    from accelerate.utils.memory import clear_device_cache
    from transformers import AutoConfig, AutoTokenizer, set_seed

    from examples import read_examples
    from memory import memory_steps, reduces
    from progress import Progress, say
    from targets import targets_of

    if not (arguments.base / "config.json").is_file():
        raise Fault("base", f"{arguments.base} holds no config.json. Give the folder of a model's original weights.")
    config = AutoConfig.from_pretrained(arguments.base)
    targets_of(config)
    tokenizer = AutoTokenizer.from_pretrained(arguments.base)
    if tokenizer.eos_token_id is None:
        end = config.eos_token_id[0] if isinstance(config.eos_token_id, list) else config.eos_token_id
        tokenizer.eos_token = tokenizer.convert_ids_to_tokens(end)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    training = read_examples(arguments.data, tokenizer)
    held_out = spread(read_examples(arguments.held_out, tokenizer), max(1, arguments.measured))
    if arguments.trial:
        # The longest decide what memory a run takes.
        training = sorted(training, key=len, reverse=True)[: 2 * STEP_EXAMPLES]
        held_out = sorted(held_out, key=len, reverse=True)[:STEP_EXAMPLES]
        arguments.steps, arguments.seconds = 2, float("inf")
    arguments.out.mkdir(parents=True, exist_ok=True)
    for batch, checkpointing in memory_steps(arguments.batch):
        set_seed(arguments.seed)
        progress = Progress(arguments.steps, arguments.seconds, None if arguments.trial else arguments.out / "best")
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, progress.stop)
        try:
            train(arguments, config, tokenizer, training, held_out, progress, batch, checkpointing)
            break
        except Exception as problem:
            if not reduces(problem):
                raise
            cause = str(problem).split("\n")[0]
        # What the failed try held is let go first.
        clear_device_cache(garbage_collection=True)
        say("lessMemory", batch=batch, cause=cause)
    else:
        raise Fault(
            "memory",
            "The memory is too small even for one example at a time. Choose a smaller model, give a lower --longest, "
            "or use a machine with a GPU and --four-bits.",
        )
    if arguments.trial:
        say("done", trial=True)
    elif progress.least is None:
        raise Fault("stopped", "The run was stopped before it had learned anything.")
    else:
        say("done", folder=str(arguments.out / "best"), step=progress.least_step, loss=progress.least)


def train(
    arguments: argparse.Namespace,
    config: Any,
    tokenizer: Any,
    training: list[list[int]],
    held_out: list[list[int]],
    progress: Any,
    batch: int,
    checkpointing: bool,
) -> None:
    import torch
    from datasets import Dataset

    from progress import say
    from trainer import Trainer, load_base, lora_config, sft_config

    model = load_base(arguments, config)
    settings = sft_config(arguments, batch, max(1, STEP_EXAMPLES // batch), checkpointing)
    trainer = Trainer(
        model=model,
        args=settings,
        train_dataset=Dataset.from_dict({"input_ids": training}),
        eval_dataset=Dataset.from_dict({"input_ids": held_out}),
        processing_class=tokenizer,
        peft_config=None if arguments.full else lora_config(arguments, config),
        callbacks=[progress],
    )
    trainable = sum(each.numel() for each in trainer.model.parameters() if each.requires_grad)
    check_room(arguments.out, trainable)
    say(
        "started",
        parameters=sum(each.numel() for each in trainer.model.parameters()),
        trainable=trainable,
        examples=len(training),
        tokens=sum(map(len, training)),
        measured=len(held_out),
        device=str(trainer.args.device),
        type=str(next(trainer.model.parameters()).dtype).removeprefix("torch."),
        batch=batch,
        accumulation=settings.gradient_accumulation_steps,
        threads=torch.get_num_threads(),
    )
    if not arguments.trial:
        # What the base does is what an adapter has to beat.
        trainer.evaluate()
    trainer.train()


def spread(examples: list[list[int]], count: int) -> list[list[int]]:
    """So many at most, from all of the list, and the same in every run."""
    return [examples[i * len(examples) // count] for i in range(count)] if len(examples) > count else examples


def check_room(folder: Path, trainable: int) -> None:
    # In 32 bits, twice: the one that is kept goes when the new one is whole.
    needed, free = 8 * trainable, shutil.disk_usage(folder).free
    if free < needed:
        raise Fault("disk", f"{folder} has {free:,} bytes free, and {needed:,} are needed. Free some, or give another.")


if __name__ == "__main__":
    sys.exit(main())
