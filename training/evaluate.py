"""Measures models side by side on the held-out packages: python training/evaluate.py [MODEL ...] [--cases 43]

A MODEL is a run, a folder in Hugging Face's form, or a GGUF file. Per language: bits per byte, of the models and of a 5-gram
over the first one's tokens; and for the rest of a line exact match, edit similarity and kept characters, of these and of the
nearest earlier line with the same beginning. The 5-gram counts the training packages, and is left out where they are missing.
"""

import argparse
import json
import math
import time
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from transformers import FalconForCausalLM
from transformers.utils import logging

from checkpoint import load
from infill import MOST_NEW_TOKENS, Case, Score, continue_with, first_line, make_cases, nearest_line, prompt, score
from ngram import NGram
from pack import Vocabulary
from paths import CASES, TOKENS
from tokenizer import END_OF_TEXT, read_corpus

SEED = 11
CONTEXT = 1024
FIGURES = ("exact", "similarity", "kept")
NEAREST_LINE = "nearest line"
FIVE_GRAM = "5-gram"


class System:
    """A model under measurement, and the processor time that its answers took."""

    def __init__(self, source: str) -> None:
        self.name = source if len(source) <= 24 else "…" + source[-23:]
        self.model, tokenizer = load(source)
        self.vocabulary = Vocabulary.of(tokenizer)
        self.seconds: list[float] = []

    @torch.no_grad()
    def nats(self, tokens: np.ndarray) -> float:
        """Of all tokens, in windows of the context each of which begins anew."""
        nats = 0.0
        for window in torch.from_numpy(tokens.astype(np.int64)).split(CONTEXT):
            given = torch.cat([torch.tensor([END_OF_TEXT]), window[:-1]])
            logits = self.model(given[None], use_cache=False).logits[0]
            nats += torch.nn.functional.cross_entropy(logits, window, reduction="sum").item()
        return nats

    def bits(self, texts: list[str]) -> float:
        """Per byte."""
        return self.nats(joined(texts, self.vocabulary)) / math.log(2) / size_of(texts)

    def answer(self, case: Case) -> str:
        began = time.process_time()
        text = infill(self.model, case, self.vocabulary)
        self.seconds.append(time.process_time() - began)
        return text


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=["main"], metavar="MODEL")
    parser.add_argument("--cases", type=int, default=43, help="infill cases of each language")
    parser.add_argument("--bytes", type=int, default=100_000, help="of each language, for bits per byte")
    parser.add_argument(
        "--save-cases",
        type=Path,
        nargs="?",
        const=CASES,
        help=f"write the cases and all answers, the first model's as those of the model, to a file, {CASES}",
    )
    return parser.parse_args()


def joined(texts: list[str], vocabulary: Vocabulary) -> np.ndarray:
    """Tokens of the texts on end."""
    return np.concatenate([[*vocabulary.encode(text), END_OF_TEXT] for text in texts])


def size_of(texts: list[str]) -> int:
    return sum(len(text.encode()) for text in texts)


def held_out() -> dict[str, list[dict[str, str]]]:
    """The files of each language."""
    files: dict[str, list[dict[str, str]]] = defaultdict(list)
    for file in read_corpus():
        if file["split"] == "held-out":
            files[file["language"]].append(file)
    return dict(sorted(files.items()))


def some_texts(files: list[dict[str, str]], limit: int) -> list[str]:
    """In an order of their own, the same every time, until there are so many bytes."""
    texts: list[str] = []
    for number in np.random.default_rng(SEED).permutation(len(files)):
        if size_of(texts) < limit:
            texts.append(files[number]["text"])
    return texts


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


def load_ngram(vocabulary: Vocabulary) -> NGram | None:
    path = TOKENS / "training.npy"
    if not path.exists():
        print(f"no 5-gram: {path} is missing (python training/tokenizer.py writes it)")
        return None
    return NGram(np.load(path), len(vocabulary.texts))


def report_bits(systems: list[System], ngram: NGram | None, limit: int) -> None:
    print("bits per byte".ljust(16), *(system.name for system in systems), *([FIVE_GRAM] if ngram else []), sep="  ")
    for language, files in held_out().items():
        texts = some_texts(files, limit)
        bits = [system.bits(texts) for system in systems]
        if ngram:
            nats = -np.log(ngram.likelihoods(joined(texts, systems[0].vocabulary))).sum()
            bits.append(nats / math.log(2) / size_of(texts))
        print(language.ljust(16), *(f"{value:.3f}" for value in bits), sep="  ", flush=True)


def report_infill(systems: list[System], ngram: NGram | None, count: int) -> list[dict]:
    """Returns the cases with the answers; the languages take turns, so that any number of them is a fair part."""
    print("rest of the line".ljust(44), *FIGURES, sep="  ")
    everything: dict[str, list[Score]] = defaultdict(list)
    answered: dict[str, list[dict]] = defaultdict(list)
    for language, files in held_out().items():
        scores: dict[str, list[Score]] = defaultdict(list)
        for case in make_cases(files, count, SEED):
            answers = {system.name: system.answer(case) for system in systems} | {NEAREST_LINE: nearest_line(case)}
            if ngram:
                answers[FIVE_GRAM] = continue_with(ngram, case, systems[0].vocabulary)
            others = {name: answers[name] for name in (NEAREST_LINE, FIVE_GRAM) if name in answers}
            answered[language].append({**asdict(case), "answers": {"model": answers[systems[0].name], **others}})
            for name, answer in answers.items():
                scores[name].append(score(answer, case.truth))
                everything[name].append(scores[name][-1])
        report_scores(language, scores)
    report_scores("all", everything)
    return [case for turn in zip(*answered.values(), strict=True) for case in turn]


def report_scores(language: str, scores: dict[str, list[Score]]) -> None:
    for system, values in scores.items():
        means = (np.mean([getattr(value, figure) for value in values]) for figure in FIGURES)
        print(f"{language:16}{system:28}", *(f"{mean:6.3f}" for mean in means), sep="  ", flush=True)


def main() -> None:
    options = arguments()
    logging.disable_progress_bar()
    torch.set_num_threads(2)
    systems = [System(source) for source in options.models]
    ngram = load_ngram(systems[0].vocabulary)
    report_bits(systems, ngram, options.bytes)
    answered = report_infill(systems, ngram, options.cases)
    for system in systems:
        millions = sum(parameter.numel() for parameter in system.model.parameters()) / 1e6
        # Of Transformers and in 32 bits: how models compare, not how long the product takes (npm run bench:completion).
        print(
            f"{system.name}: {millions:.1f} M parameters, {np.mean(system.seconds):.2f} s of processor time for an answer"
        )
    if options.save_cases:
        options.save_cases.parent.mkdir(parents=True, exist_ok=True)
        options.save_cases.write_text("".join(json.dumps(case) + "\n" for case in answered))


if __name__ == "__main__":
    main()
