"""Derives questions and answers from the training packages by rule, so that they are true: python training/instruct.py

Writes instructions.jsonl (task, prompt, reply) in the format of the product's chat (server/chat), and their tokens.
"""

import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from functions import LONGEST_BODY_LINES, Function, first_sentence, functions_of
from paths import CACHE, TOKENS, whole
from tokenizer import END_OF_TEXT, load_tokenizer, read_corpus

INSTRUCTIONS = CACHE / "instructions.jsonl"
SEED = 3
MOST_OF_TASK = 40_000
#: Records that are tokenized at once.
BATCH = 5000
ASKED_OF = {"python", "javascript", "typescript", "markdown"}
SYSTEM_SHARE = 0.85
LABEL_SHARE = 0.7
LONGEST_LIST = 4
#: The words of server/chat/turns.ts.
SYSTEM = (
    "You are Falcon, an assistant for code and prose inside the user's editor. Answer briefly and precisely. "
    "Write Markdown, and put code into fenced blocks that name their language. If you do not know, say so."
)
EXPLAIN = "Explain what this does, step by step, and what is notable about it."
QUESTIONS = {
    "explain": [EXPLAIN, EXPLAIN, EXPLAIN, "Explain this code.", "What does this do?", "What does this function do?"],
    "list": [EXPLAIN, EXPLAIN, "Explain this file.", "What is in this file?"],
    "document": ["Write a docstring.", "Document this function.", "Write a comment for this function."],
    "implement": ["Implement this function.", "Write the body of this function.", "Complete this function."],
    "fix": ["Correct this sentence:", "Fix the mistakes:", "Fix the spelling and grammar:"],
    "title": ["Give this section a title.", "Write a heading for this text.", "What is a good title?"],
}
SWAPPED_WORDS = {
    "its": "it's",
    "their": "there",
    "then": "than",
    "than": "then",
    "a": "an",
    "an": "a",
    "your": "you're",
}


def fenced(code: str, language: str) -> str:
    return f"```{language}\n{code.rstrip()}\n```"


def listed(names: tuple[str, ...], most: int = 4) -> str:
    quoted = [f"`{name}`" for name in names[:most]]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " and " + quoted[-1]


def explanation(function: Function) -> str:
    """The docstring's first sentence, and what the source shows."""
    sentences = [f"`{function.name}`: {function.summary}"]
    parameters = tuple(name for name in function.parameters if name not in ("self", "cls"))
    if parameters:
        sentences.append(f"It takes {listed(parameters)}.")
    if function.calls:
        sentences.append(f"It calls {listed(function.calls)}.")
    if function.raises:
        sentences.append(f"It raises {listed(function.raises)}.")
    return " ".join(sentences)


def attached(source: str, path: str, language: str, chosen: random.Random) -> str:
    """Code as the product attaches it: the file's name and the lines of a selection before it, mostly."""
    code = fenced(source, language)
    if chosen.random() > LABEL_SHARE:
        return code
    first = chosen.randint(1, 300)
    return f"{path.rsplit('/', 1)[-1]}:{first}-{first + source.count(chr(10))}:\n{code}"


def of_function(function: Function, path: str, chosen: random.Random) -> Iterator[tuple[str, str, str]]:
    """Task, question and answer."""
    code = attached(function.source, path, function.language, chosen)
    yield "explain", f"{code}\n\n{chosen.choice(QUESTIONS['explain'])}", explanation(function)
    if (wrong := with_mistakes(function.summary, chosen)) != function.summary:
        yield "fix", f"{chosen.choice(QUESTIONS['fix'])}{chosen.choice([' ', chr(10)])}{wrong}", function.summary
    summary = f'"""{function.summary}"""' if function.language == "python" else f"/** {function.summary} */"
    yield "document", f"{code}\n\n{chosen.choice(QUESTIONS['document'])}", fenced(summary, function.language)
    if function.source.count("\n") <= LONGEST_BODY_LINES:
        comment = "#" if function.language == "python" else "//"
        head = fenced(f"{comment} {function.summary}\n{function.signature}", function.language)
        yield (
            "implement",
            f"{head}\n\n{chosen.choice(QUESTIONS['implement'])}",
            fenced(function.source, function.language),
        )


def of_functions(functions: list[Function], path: str, chosen: random.Random) -> Iterator[tuple[str, str, str]]:
    """Some short functions that follow each other, and a list of what they do."""
    short = [function for function in functions if function.source.count("\n") <= LONGEST_BODY_LINES]
    for start in range(0, len(short) - 1, LONGEST_LIST):
        some = short[start : start + chosen.randint(2, LONGEST_LIST)]
        if len(some) < 2:
            continue
        code = attached("\n\n".join(each.source for each in some), path, some[0].language, chosen)
        listing = "\n".join(f"- `{each.name}`: {each.summary}" for each in some)
        yield "list", f"{code}\n\n{chosen.choice(QUESTIONS['list'])}", listing


def of_prose(text: str, chosen: random.Random) -> Iterator[tuple[str, str, str]]:
    """From Markdown: a section and its heading, a sentence and the same with mistakes."""
    for match in re.finditer(
        r"^#{1,4} (?P<title>[A-Z][^\n`\[<]{3,60})\n\n(?P<text>[A-Z][^\n#|<]{80,600})\n\n", text, re.MULTILINE
    ):
        yield "title", f"{match['text']}\n\n{chosen.choice(QUESTIONS['title'])}", match["title"].strip()
        sentence = first_sentence(match["text"])
        if sentence and (wrong := with_mistakes(sentence, chosen)) != sentence:
            yield "fix", f"{chosen.choice(QUESTIONS['fix'])}\n\n{wrong}", sentence


def with_mistakes(sentence: str, chosen: random.Random) -> str:
    """One to three mistakes that hands make."""
    words = sentence.split(" ")
    for _ in range(chosen.randint(1, 3)):
        place = chosen.randrange(len(words))
        word = words[place]
        kind = chosen.randrange(4)
        if word.lower() in SWAPPED_WORDS:
            words[place] = SWAPPED_WORDS[word.lower()]
        elif kind == 0 and len(word) > 3 and word.isalpha():
            letter = chosen.randrange(1, len(word) - 2)
            words[place] = word[:letter] + word[letter + 1] + word[letter] + word[letter + 2 :]
        elif kind == 1 and len(word) > 3 and word.isalpha():
            letter = chosen.randrange(1, len(word) - 1)
            words[place] = word[:letter] + word[letter + 1 :]
        elif kind == 2 and len(word) > 1:
            words[place] = f"{word} {word}"
        elif place == 0:
            words[0] = word.lower()
    return " ".join(words)


def rendered(question: str, answer: str, chosen: random.Random) -> tuple[str, str]:
    """Prompt and reply as the product writes them: falcon-instruct, whose turns hold no empty lines."""
    start = SYSTEM if chosen.random() < SYSTEM_SHARE else ""
    question, answer = (re.sub(r"\n{2,}", "\n", text.strip()) for text in (question, answer))
    return f"{start}\n\nUser: {question}\n\nAssistant:", f" {answer}"


def of_file(job: tuple[int, dict[str, str]]) -> list[dict[str, str]]:
    """All that can be asked of a file, by chances of its own."""
    number, file = job
    chosen = random.Random(SEED * 1_000_003 + number)
    pairs = list(of_prose(file["text"], chosen)) if file["language"] == "markdown" else []
    functions = list(functions_of(file["text"], file["language"]))
    pairs += of_functions(functions, file["path"], chosen)
    pairs += [pair for each in functions for pair in of_function(each, file["path"], chosen)]
    records = []
    for task, question, answer in pairs:
        prompt, reply = rendered(question, answer, chosen)
        records.append({"task": task, "prompt": prompt, "reply": reply, "language": file["language"]})
    return records


def main() -> None:
    chosen = random.Random(SEED)
    files = [file for file in read_corpus() if file["split"] == "training" and file["language"] in ASKED_OF]
    chosen.shuffle(files)
    counts: Counter[tuple[str, str]] = Counter()
    records = []
    with ProcessPoolExecutor() as processes:
        for of_one in processes.map(of_file, enumerate(files), chunksize=50):
            for record in of_one:
                kind = record["task"], "python" if record.pop("language") == "python" else "other"
                if counts[kind] < MOST_OF_TASK // 2:
                    counts[kind] += 1
                    records.append(record)
    if not records:
        raise SystemExit("nothing can be asked of the corpus: fetch.py and collect.py make it")
    chosen.shuffle(records)
    with whole(INSTRUCTIONS) as new:
        new.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records))
    tokenizer, parts = load_tokenizer(), []
    for start in range(0, len(records), BATCH):
        texts = [record["prompt"] + record["reply"] for record in records[start : start + BATCH]]
        parts += [np.array([*each.ids, END_OF_TEXT], dtype=np.uint16) for each in tokenizer.encode_batch_fast(texts)]
    with whole(TOKENS / "instructions.npy") as new, new.open("wb") as file:
        np.save(file, np.concatenate(parts))
    print(dict(counts), sum(map(len, parts)), "tokens")


if __name__ == "__main__":
    main()
