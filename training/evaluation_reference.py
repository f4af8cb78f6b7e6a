"""Writes the reference that evaluations are held against: test/fixtures/evaluation.

Questions of our own in the published format of each test, and what lm-evaluation-harness gives for them with the models
of test/fixtures/parity: each prompt's hash, each choice's log-likelihood, and the scores. `pip install lm-eval==0.4.13`
beside requirements.txt; `python training/evaluation_reference.py` writes the same numbers again on the same versions.
"""

import hashlib
import json
import os
from random import Random

os.environ["HF_HUB_OFFLINE"] = "1"

import datasets
import lm_eval
import lm_eval.api.task
import torch
import transformers
from lm_eval.api.metrics import aggregate_subtask_metrics, pooled_sample_stderr
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks.hellaswag.utils import preprocess
from tokenizers import processors
from transformers import PreTrainedTokenizerFast

from evaluation_data import DATA
from parity import FIXTURES, build_tokenizer, read_vocabulary
from parity_models import MODELS, build_model

FOLDER = FIXTURES / "evaluation"

# Tokens. So few that 25 solved examples do not fit, and the beginning of a prompt is left out.
CONTEXT = 1024
COMPARED = ("falcon7b", "falcon3", "falconH1")
# The folders of the hub's files.
HUB = {"arc_challenge": "ARC-Challenge", "hellaswag": "hellaswag", "mmlu": "all", "truthfulqa_mc2": "multiple_choice"}
TASKS = {"arc_challenge": 25, "hellaswag": 10, "mmlu": 5, "truthfulqa_mc2": 0}


def main() -> None:
    write_data()
    lm_eval.api.task.datasets.load_dataset = load_dataset
    records = []
    for seed, (name, (config, pre, special)) in enumerate(MODELS.items()):
        if name not in COMPARED:
            continue
        tokenizer = wrapped(*build_tokenizer(read_vocabulary(pre, special)))
        config.vocab_size = len(tokenizer)
        model = HFLM(build_model(config, seed), tokenizer=tokenizer, max_length=CONTEXT, device="cpu", batch_size=1)
        records.append({"name": name, "tasks": [evaluated(model, *task) for task in TASKS.items()]})
    versions = {module.__name__: module.__version__ for module in (torch, transformers, lm_eval)}
    text = {"versions": versions, "contextSize": CONTEXT, "models": records, "leaderboard": leaderboard_prompts()}
    (FOLDER / "evaluation.json").write_text(json.dumps(text) + "\n", encoding="utf-8")


def write_data() -> None:
    for task, subjects in DATA.items():
        folder = FOLDER / task
        folder.mkdir(parents=True, exist_ok=True)
        for split in next(iter(subjects.values())):
            rows = [row for subject in subjects.values() for row in subject[split]]
            lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            (folder / f"{split}.jsonl").write_text(lines, encoding="utf-8")
            published = FOLDER / "parquet" / HUB[task] / f"{split}-00000-of-00001.parquet"
            published.parent.mkdir(parents=True, exist_ok=True)
            datasets.Dataset.from_list(rows).to_parquet(published)


def load_dataset(path: str, name: str | None = None, **_: object) -> datasets.DatasetDict:
    """Gives the harness our data in the place of the hub's."""
    task = {"allenai/ai2_arc": "arc_challenge", "Rowan/hellaswag": "hellaswag", "cais/mmlu": "mmlu"}.get(path)
    subjects = DATA[task or "truthfulqa_mc2"]
    splits = subjects[name] if name in subjects else next(iter(subjects.values()))
    return datasets.DatasetDict({split: datasets.Dataset.from_list(rows) for split, rows in splits.items()})


def wrapped(tokenizer, start: str | None) -> PreTrainedTokenizerFast:
    """As Transformers has the tokenizers of the families; the later ones begin each text with a token of its own."""
    if start is not None:
        id = tokenizer.token_to_id(start)
        tokenizer.post_processor = processors.TemplateProcessing(single=f"{start} $A", special_tokens=[(start, id)])
    end = "<|endoftext|>"
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=start, eos_token=end, pad_token=end)


def evaluated(model: HFLM, task: str, shots: int) -> dict:
    asked = [f"mmlu_{subject}" for subject in DATA["mmlu"]] if task == "mmlu" else [task]
    results = lm_eval.simple_evaluate(model, tasks=asked, num_fewshot=shots)
    questions = []
    for name, samples in results["samples"].items():
        subject = name.removeprefix("mmlu_")
        for sample in samples:
            pairs = [tuple(arguments) for arguments in sample["arguments"]]
            questions.append(
                {
                    "id": f"{subject}/{sample['doc_id']}",
                    "prompt": sha256(pairs[0][0]),
                    "tokens": [len(model._encode_pair(*pair)[1]) for pair in pairs],
                    "logLikelihoods": [round(float(response[0]), 6) for response in sample["filtered_resps"]],
                }
            )
    metric = "acc_norm,none" if task in ("arc_challenge", "hellaswag") else "acc,none"
    scores = {
        name.removeprefix("mmlu_"): [score[metric], score[metric.replace(",", "_stderr,")]]
        for name, score in results["results"].items()
    }
    if task == "mmlu":
        means, errors = zip(*scores.values(), strict=True)
        sizes = [len(results["samples"][name]) for name in asked]
        scores["mmlu"] = [aggregate_subtask_metrics(means, sizes), pooled_sample_stderr(errors, sizes)]
    return {"task": task, "questions": questions, "scores": scores}


def leaderboard_prompts() -> dict:
    """Hashes of prompts whose examples are drawn as at the leaderboard's commit, whose evaluator.py this is a summary of."""
    prompts = {}
    for task, shots, text, answer, splits in (
        ("arc_challenge", 25, arc_text, arc_answer, ("train", "test")),
        ("hellaswag", 10, hellaswag_text, hellaswag_answer, ("train", "validation")),
    ):
        examples, asked = (DATA[task][task][split] for split in splits)
        random = Random(42)
        order = list(enumerate(asked))
        random.shuffle(order)
        prompts[task] = [
            [place, sha256("".join(f"{text(each)} {answer(each)}\n\n" for each in random.sample(examples, shots)) + text(row))]
            for place, row in order
        ]
    return prompts


def arc_text(row: dict) -> str:
    return f"Question: {row['question']}\nAnswer:"


def arc_answer(row: dict) -> str:
    return row["choices"]["text"][row["choices"]["label"].index(row["answerKey"])]


def hellaswag_text(row: dict) -> str:
    return preprocess(f"{row['activity_label']}: {row['ctx_a']} {row['ctx_b'].capitalize()}")


def hellaswag_answer(row: dict) -> str:
    return preprocess(row["endings"][int(row["label"])])


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    main()
