"""Cases of infilling the rest of a line, two ways to fill it in without a model, and how an answer is scored."""

import random
import re
from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer

from ngram import ORDER, NGram
from pack import LONGEST_SUFFIX, Vocabulary
from tokenizer import MIDDLE, PREFIX, SUFFIX

LONGEST_PREFIX = 1024
MOST_NEW_TOKENS = 48
LONGEST_TRUTH = 120


@dataclass(frozen=True)
class Case:
    language: str
    package: str
    path: str
    prefix: str
    suffix: str
    truth: str


@dataclass(frozen=True)
class Score:
    """Exact match; edit similarity; length of the common beginning over the length of the truth."""

    exact: float
    similarity: float
    kept: float


def make_cases(files: list[dict[str, str]], count: int, seed: int) -> list[Case]:
    """The cursor stands in a line at a place where no word is cut; the line's rest is the truth. Of `files`, each as likely."""
    chosen = random.Random(seed)
    cases = []
    while len(cases) < count:
        file = chosen.choice(files)
        text = file["text"]
        cursor = chosen.randrange(len(text))
        end = text.find("\n", cursor)
        before = text[text.rfind("\n", 0, cursor) + 1 : cursor]
        truth = text[cursor:end].rstrip()
        inside_word = re.match(r"\w\w", text[cursor - 1 : cursor + 1])
        if end < 0 or not before.strip() or not truth.strip() or len(truth) > LONGEST_TRUTH or inside_word:
            continue
        cases.append(Case(file["language"], file["package"], file["path"], text[:cursor], text[end:], truth))
    return cases


def prompt(case: Case, tokenizer: Tokenizer) -> list[int]:
    """As README.md has it, cut to the product's window."""
    path = tokenizer.encode(case.path + "\n").ids
    before = tokenizer.encode(case.prefix[-8 * LONGEST_PREFIX :]).ids[-LONGEST_PREFIX:]
    after = tokenizer.encode(case.suffix[: 8 * LONGEST_SUFFIX]).ids[:LONGEST_SUFFIX]
    return [PREFIX, SUFFIX, *after, MIDDLE, *path, *before]


def first_line(text: str) -> str:
    return text.split("\n", 1)[0].rstrip()


def nearest_line(case: Case) -> str:
    """What follows the same beginning in the nearest earlier line that has it."""
    *earlier, current = case.prefix.split("\n")
    start = current.lstrip()
    for line in reversed(earlier):
        if line.lstrip().startswith(start):
            return line.lstrip()[len(start) :].rstrip()
    return ""


def continue_with(ngram: NGram, case: Case, vocabulary: Vocabulary) -> str:
    """The likeliest tokens one by one to the end of the line."""
    tokens = vocabulary.encode(case.prefix[-200:])[-ORDER:]
    answer = ""
    for _ in range(MOST_NEW_TOKENS):
        token = ngram.next_token(np.array(tokens[-ORDER + 1 :]))
        if vocabulary.has_newline[token]:
            break
        answer += vocabulary.texts[token]
        tokens.append(token)
    return answer.rstrip()


def score(answer: str, truth: str) -> Score:
    common = next(
        (i for i, (a, b) in enumerate(zip(answer, truth, strict=False)) if a != b), min(len(answer), len(truth))
    )
    return Score(float(answer == truth), similarity(answer, truth), common / len(truth))


def similarity(a: str, b: str) -> float:
    """One minus the Levenshtein distance over the longer length."""
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, start=1):
        diagonal, row[0] = row[0], i
        for j, right in enumerate(b, start=1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (left != right))
    return 1 - row[-1] / max(len(a), len(b), 1)
