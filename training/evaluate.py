"""Measures a run on the held-out packages against two baselines: python training/evaluate.py [--run NAME] [--cases 100]

Per language: bits per byte of the model and of a 5-gram over the same tokens; for the rest of a line exact match, edit
similarity and kept characters of the model, of the nearest earlier line with the same beginning, and of the 5-gram.
"""

import argparse
import json
import math
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from transformers import FalconForCausalLM

from checkpoint import load_model, to_transformers
from infill import MOST_NEW_TOKENS, Case, Score, continue_with, first_line, make_cases, nearest_line, prompt, score
from model import Falcon, autocast
from ngram import NGram
from pack import Split, Vocabulary
from paths import CASES, TOKENS
from tokenizer import END_OF_TEXT, load_tokenizer, read_corpus

SEED = 11
CONTEXT = 1024
BATCH = 8
SYSTEMS = ("model", "nearest line", "5-gram")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", default="main")
    parser.add_argument("--cases", type=int, default=100, help="infill cases of each language")
    parser.add_argument("--tokens", type=int, default=60_000, help="tokens of each language for bits per byte")
    parser.add_argument(
        "--save-cases", type=Path, nargs="?", const=CASES, help=f"write the cases and all answers to a file, {CASES}"
    )
    return parser.parse_args()


def texts_of_languages(split: Split, limit: int) -> dict[str, tuple[np.ndarray, int]]:
    """Tokens of some files of each language on end, and their bytes; files in an order of their own, the same every time."""
    tokens: dict[str, list[np.ndarray]] = defaultdict(list)
    sizes: dict[str, int] = defaultdict(int)
    for file in np.random.default_rng(SEED).permutation(len(split.files)):
        language = split.files[file]["language"]
        if sum(map(len, tokens[language])) < limit:
            tokens[language].append(np.append(split.text(file), END_OF_TEXT))
            sizes[language] += split.files[file]["bytes"]
    return {language: (np.concatenate(parts), sizes[language]) for language, parts in sorted(tokens.items())}


@torch.no_grad()
def model_nats(model: Falcon, tokens: np.ndarray) -> float:
    """Of all tokens, in windows of the context each of which begins anew; both systems read over the ends of files."""
    length = len(tokens) // CONTEXT * CONTEXT
    targets = torch.from_numpy(tokens[:length].astype(np.int64)).view(-1, CONTEXT)
    starts = torch.full((len(targets), 1), END_OF_TEXT)
    inputs = torch.cat([starts, targets[:, :-1]], dim=1)
    nats = 0.0
    for given, wanted in zip(inputs.split(BATCH), targets.split(BATCH), strict=True):
        with autocast():
            logits = model(given).float()
        nats += torch.nn.functional.cross_entropy(logits.flatten(0, 1), wanted.flatten(), reduction="sum").item()
    return nats * len(tokens) / length


@torch.no_grad()
def infill(model: FalconForCausalLM, case: Case, vocabulary: Vocabulary) -> str:
    """Greedy text to the end of the line."""
    tokens = torch.tensor([prompt(case, vocabulary.tokenizer)])
    output = model.generate(
        tokens,
        attention_mask=torch.ones_like(tokens),
        max_new_tokens=MOST_NEW_TOKENS,
        do_sample=False,
        eos_token_id=[END_OF_TEXT, *np.flatnonzero(vocabulary.has_newline).tolist()],
        pad_token_id=END_OF_TEXT,
    )
    return first_line(vocabulary.tokenizer.decode(output[0, tokens.shape[1] :].tolist()))


def report_bits(model: Falcon, ngram: NGram, tokens_of_language: int) -> None:
    print("bits per byte".ljust(16), "model", "5-gram", sep="  ")
    for language, (tokens, size) in texts_of_languages(Split.load("held-out"), tokens_of_language).items():
        nats = model_nats(model, tokens), -np.log(ngram.likelihoods(tokens)).sum()
        print(language.ljust(16), *(f"{value / math.log(2) / size:.3f}" for value in nats), sep="  ")


def report_infill(model: FalconForCausalLM, ngram: NGram, vocabulary: Vocabulary, count: int) -> list[dict]:
    """Returns the cases with the answers of all systems; the languages take turns, so that any number of them is a fair part."""
    files: dict[str, list[dict]] = defaultdict(list)
    for file in read_corpus():
        if file["split"] == "held-out":
            files[file["language"]].append(file)
    print("rest of the line".ljust(32), "exact", "similarity", "kept", sep="  ")
    everything: dict[str, list[Score]] = defaultdict(list)
    answered: dict[str, list[dict]] = defaultdict(list)
    for language in sorted(files):
        scores: dict[str, list[Score]] = defaultdict(list)
        for case in make_cases(files[language], count, SEED):
            texts = infill(model, case, vocabulary), nearest_line(case), continue_with(ngram, case, vocabulary)
            answers = dict(zip(SYSTEMS, texts, strict=True))
            answered[language].append({**asdict(case), "answers": answers})
            for system, answer in answers.items():
                scores[system].append(score(answer, case.truth))
                everything[system].append(scores[system][-1])
        report_scores(language, scores)
    report_scores("all", everything)
    return [case for turn in zip(*answered.values(), strict=True) for case in turn]


def report_scores(language: str, scores: dict[str, list[Score]]) -> None:
    for system, values in scores.items():
        means = (np.mean([getattr(value, figure) for value in values]) for figure in ("exact", "similarity", "kept"))
        print(f"{language:16}{system:16}", *(f"{mean:6.3f}" for mean in means), sep="  ")


def main() -> None:
    options = arguments()
    torch.set_num_threads(2)
    vocabulary = Vocabulary.of(load_tokenizer())
    model = load_model(options.run)
    ngram = NGram(np.load(TOKENS / "training.npy"), len(vocabulary.texts))
    report_bits(model, ngram, options.tokens)
    answered = report_infill(to_transformers(model), ngram, vocabulary, options.cases)
    if options.save_cases:
        options.save_cases.write_text("".join(json.dumps(case) + "\n" for case in answered))


if __name__ == "__main__":
    main()
