"""Reads what is trained on: a file with an example in each line, as JSON.

    {"parts": [{"role": "prefix"}, {"role": "suffix"}, "text", {"role": "middle"}, "text", {"role": "eos"}]}
    {"text": "### Human: a question### Assistant: its answer"}

The first form is what the extension sends, as server/finetune writes it: texts, and tokens by their role. The second is that of
timdettmers/openassistant-guanaco.
"""

import json
import re
from pathlib import Path
from typing import Any

from transformers import PreTrainedTokenizerBase

from fault import Fault

#: The names that models have for a role's token.
ROLES = {
    "prefix": ["<|prefix|>", ">>PREFIX<<"],
    "suffix": ["<|suffix|>", ">>SUFFIX<<"],
    "middle": ["<|middle|>", ">>MIDDLE<<"],
}
TURN = re.compile(r"### (Human|Assistant):")


def read_examples(file: Path, tokenizer: PreTrainedTokenizerBase) -> list[list[int]]:
    """The tokens of each example."""
    if not file.is_file():
        raise Fault("data", f"{file} is no file. Give a file with an example in each line, as JSON.")
    examples = []
    with file.open(encoding="utf-8") as lines:
        try:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    examples.append(read_example(line, f"{file}, line {number}", tokenizer))
        except UnicodeDecodeError as problem:
            raise Fault("data", f"{file} is no text in UTF-8 ({problem.reason} at byte {problem.start}).") from problem
    if not examples:
        raise Fault("data", f"{file} holds no examples.")
    return examples


def read_example(line: str, place: str, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    try:
        example = json.loads(line)
    except ValueError as problem:
        raise Fault("data", f"{place}: this is no JSON ({problem}).") from problem
    if not isinstance(example, dict):
        raise Fault("data", f"{place}: this is no object with a field “parts” or “text”.")
    if "parts" in example:
        return tokens_of_parts(example["parts"], place, tokenizer)
    if "text" in example:
        return tokens_of_dialogue(example["text"], place, tokenizer)
    raise Fault("data", f"{place}: the field “parts” or “text” is missing; there are {', '.join(example) or 'none'}.")


def tokens_of_parts(parts: Any, place: str, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    if not isinstance(parts, list) or not parts:
        raise Fault("data", f"{place}: the field “parts” is no list with texts and roles.")
    tokens = beginning(tokenizer)
    for number, part in enumerate(parts):
        if isinstance(part, str):
            tokens += plain_tokens(part, tokenizer)
        elif isinstance(part, dict) and isinstance(part.get("role"), str):
            tokens.append(role_token(part["role"], f"{place}, field “parts[{number}]”", tokenizer))
        else:
            raise Fault("data", f"{place}: the field “parts[{number}]” is neither a text nor a role.")
    return tokens


def tokens_of_dialogue(text: Any, place: str, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """In the model's own chat format where it has one; otherwise as it is written, and an end."""
    turns = TURN.split(text) if isinstance(text, str) else []
    if "Human" not in turns[1::2] or "Assistant" not in turns[1::2]:
        raise Fault("data", f"{place}: the field “text” has no “### Human:” with an “### Assistant:” after it.")
    if not tokenizer.chat_template:
        return [*beginning(tokenizer), *plain_tokens(text, tokenizer), tokenizer.eos_token_id]
    roles = {"Human": "user", "Assistant": "assistant"}
    messages = [
        {"role": roles[role], "content": said.strip()} for role, said in zip(turns[1::2], turns[2::2], strict=True)
    ]
    return tokenizer.apply_chat_template(messages, return_dict=True)["input_ids"]


def beginning(tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """What llama.cpp begins each text with: the token that the tokenizer puts before it, if there is one."""
    return tokenizer.encode("")[:1]


def plain_tokens(text: str, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """A text that holds the name of a special token is text."""
    return tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True)


def role_token(role: str, place: str, tokenizer: PreTrainedTokenizerBase) -> int:
    if role == "eos":
        return tokenizer.eos_token_id
    if role not in ROLES:
        raise Fault("data", f"{place}: there is no role “{role}”, only {', '.join(ROLES)} and eos.")
    vocabulary = tokenizer.get_vocab()
    for name in ROLES[role]:
        if name in vocabulary:
            return vocabulary[name]
    raise Fault("base", f"{place}: the base has no token for the role “{role}”: it was not trained to infill.")
