"""Packs files into rows of tokens, half of them rearranged for infilling. README.md says which forms of prompt this trains.

A row is a run of pieces of neighbouring files. A piece is the line that names its path (mostly) and the text; where it is
for infilling, >>PREFIX<< >>SUFFIX<< text after the middle >>MIDDLE<< stands before them. Nothing of a file is left out.
"""

import json
import math
from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer

from paths import TOKENS
from tokenizer import END_OF_TEXT, MIDDLE, PREFIX, SUFFIX

#: Ends a piece of a file that goes on elsewhere. It is never predicted.
CUT = 7
#: How often an epoch passes over the files of a language, where not once: there is most Python and too little TypeScript.
PASSES = {"python": 0.4, "typescript": 1.6}
INFILL_SHARE = 0.5
PATH_SHARE = 0.8
#: A cut in this share of the samples falls between characters, the others between tokens.
CHARACTER_SHARE = 0.25
SHORTEST_PIECE = 64
#: What the product sends after the cursor at most.
LONGEST_SUFFIX = 256
LONGEST_SPAN = 64
MOST_LINES = 8


@dataclass
class Split:
    """Tokens of all files on end, and what is known of each file."""

    tokens: np.ndarray
    files: list[dict]
    #: Where each file begins.
    starts: np.ndarray

    @classmethod
    def load(cls, name: str) -> "Split":
        files = json.loads((TOKENS / f"{name}.json").read_text())
        starts = np.cumsum([0] + [file["tokens"] for file in files])
        tokens = np.load(TOKENS / f"{name}.npy", mmap_mode="r")
        if len(tokens) != starts[-1]:
            raise SystemExit(
                f"{TOKENS / name}.npy has {len(tokens)} tokens and {name}.json tells of {starts[-1]}: "
                "they are not of the same run (python training/tokenizer.py writes both)"
            )
        return cls(tokens, files, starts)

    def text(self, file: int) -> np.ndarray:
        return self.tokens[self.starts[file] : self.starts[file] + self.files[file]["tokens"]]

    def part(self, numbers: list[int]) -> "Split":
        """Some of the files."""
        return Split(self.tokens, [self.files[number] for number in numbers], self.starts[numbers])


@dataclass
class Vocabulary:
    """What cutting needs to know of the tokens."""

    tokenizer: Tokenizer
    texts: list[str]
    has_newline: np.ndarray

    @classmethod
    def of(cls, tokenizer: Tokenizer) -> "Vocabulary":
        texts = [tokenizer.decode([token], skip_special_tokens=False) for token in range(tokenizer.get_vocab_size())]
        return cls(tokenizer, texts, np.array(["\n" in text for text in texts]))

    def encode(self, text: str) -> list[int]:
        return self.tokenizer.encode(text).ids


def pack(
    split: Split, vocabulary: Vocabulary, row_length: int, seed: tuple[int, ...], infill_share: float = INFILL_SHARE
) -> np.ndarray:
    """[rows, row_length + 1] tokens, in random order; equal for equal arguments."""
    random = np.random.default_rng(seed)
    rows, row, room = [], [], row_length + 1
    for file in neighbours(split, random):
        text = split.text(file)
        path = split.files[file]["path_tokens"]
        start = 0
        while start < len(text):
            piece, used = cut_piece(text[start:], path, room, vocabulary, random, infill_share)
            start += used
            row.append(piece)
            room -= len(piece)
            if room == 0:
                rows.append(np.concatenate(row))
                row, room = [], row_length + 1
    packed = np.array(rows, dtype=np.uint16).reshape(-1, row_length + 1)
    return packed[random.permutation(len(packed))]


def neighbours(split: Split, random: np.random.Generator) -> list[int]:
    """Packages in random order, the files of each in the order of their paths from a random one on."""
    order = []
    for pass_ in range(math.ceil(max(PASSES.values()))):
        packages: dict[str, list[int]] = {}
        for number, file in enumerate(split.files):
            if random.random() < PASSES.get(file["language"], 1.0) - pass_:
                packages.setdefault(file["package"], []).append(number)
        names = list(packages)
        for package in random.permutation(len(names)):
            files = packages[names[package]]
            first = random.integers(len(files))
            order += files[first:] + files[:first]
    return order


def cut_piece(
    text: np.ndarray,
    path: list[int],
    room: int,
    vocabulary: Vocabulary,
    random: np.random.Generator,
    infill_share: float,
) -> tuple[np.ndarray, int]:
    """The next piece of a text, at most `room` long, and how many tokens of the text it holds."""
    path = path if random.random() < PATH_SHARE else []
    length = int(SHORTEST_PIECE * (max(room, SHORTEST_PIECE) / SHORTEST_PIECE) ** random.random())
    infill = random.random() < infill_share
    # Room for cut tokens, which may become more when they are encoded in two.
    if infill and room >= len(path) + SHORTEST_PIECE:
        length = whole_lines(text, min(length, room - len(path) - 24, len(text)), vocabulary)
        piece = rearrange(text[:length], path, length == len(text), vocabulary, random)
        if len(piece) <= room:
            return piece, length
    if room <= len(path) + 8:
        path = []
    length = whole_lines(text, min(max(length, SHORTEST_PIECE), room - len(path), len(text)), vocabulary)
    # What would be too short for a piece of its own is taken along.
    if room - len(path) - length <= SHORTEST_PIECE:
        length = min(room - len(path), len(text))
    end = [END_OF_TEXT if length == len(text) else CUT] if len(path) + length < room else []
    return np.concatenate([path, text[:length], end]).astype(np.uint16), length


def whole_lines(text: np.ndarray, length: int, vocabulary: Vocabulary) -> int:
    """The length, or a smaller one after which a line begins, where there is one."""
    if length == len(text):
        return length
    newlines = np.flatnonzero(vocabulary.has_newline[text[:length]])
    return int(newlines[-1]) + 1 if len(newlines) and newlines[-1] >= length // 2 else length


def rearrange(
    text: np.ndarray, path: list[int], to_end: bool, vocabulary: Vocabulary, random: np.random.Generator
) -> np.ndarray:
    """>>PREFIX<< >>SUFFIX<< text after >>MIDDLE<< path, text before and, on end, text between <|endoftext|>

    The second suffix-prefix-middle form of Bavarian et al. 2022, https://arxiv.org/abs/2207.14255, appendix D.
    `to_end`: the text is the end of its file. A middle that only the piece's end stops is not closed.
    """
    start = int(random.integers(max(0, len(text) - LONGEST_SUFFIX), len(text)))
    end = end_of_middle(text, start, vocabulary, random)
    before, middle, after = text[:start].tolist(), text[start:end].tolist(), text[end:].tolist()
    if random.random() < CHARACTER_SHARE and middle:
        before, middle = cut_inside(before, middle, vocabulary, random)
    closing = END_OF_TEXT if end < len(text) or to_end else CUT
    return np.array([PREFIX, SUFFIX, *after, MIDDLE, *path, *before, *middle, closing])


def end_of_middle(text: np.ndarray, start: int, vocabulary: Vocabulary, random: np.random.Generator) -> int:
    """The rest of the line, of one of the next lines, or a span of any length."""
    kind = random.random()
    if kind < 0.25:
        return min(len(text), start + int(LONGEST_SPAN ** random.random()))
    newlines = start + np.flatnonzero(vocabulary.has_newline[text[start:]])
    # A cursor before the end of its line has nothing left to write there.
    newlines = newlines[newlines > start] if random.random() < 0.9 else newlines
    line = 0 if kind < 0.7 else int(random.integers(MOST_LINES))
    return int(newlines[line]) if line < len(newlines) else len(text)


def cut_inside(
    before: list[int], middle: list[int], vocabulary: Vocabulary, random: np.random.Generator
) -> tuple[list[int], list[int]]:
    """Moves the cursor into the first token of the middle; both sides of it are tokenized as they stand."""
    token = vocabulary.texts[middle[0]]
    if len(token) < 2 or not token.isascii():
        return before, middle
    # A cursor often stands behind the space that its token begins with.
    place = 1 if token[0] == " " and random.random() < 0.5 else int(random.integers(1, len(token)))
    context = before[-3:]
    left = "".join(vocabulary.texts[number] for number in context) + token[:place]
    if not left.isascii():
        return before, middle
    right = token[place:] + "".join(vocabulary.texts[number] for number in middle[1:3])
    if not right.isascii():
        return before, middle
    return before[: len(before) - len(context)] + vocabulary.encode(left), vocabulary.encode(right) + middle[3:]
