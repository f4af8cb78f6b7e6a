"""Finds documented functions in Python and in JavaScript or TypeScript source, and what can be said of them for certain."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST_SOURCE = 1200
LONGEST_BODY_LINES = 14

JSDOC_FUNCTION = re.compile(
    r"^/\*\*\n(?P<comment>(?: \*[^\n]*\n)+?) \*/\n"
    r"(?P<source>(?P<head>(?:export )?(?:default )?(?:async )?function\*? ?(?P<name>\w+)[^\n]*\{)\n(?P<body>.*?)^\}$)",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Function:
    """`source` has no docstring; `summary` is the first sentence of the docstring."""

    language: str
    name: str
    source: str
    signature: str
    summary: str
    parameters: tuple[str, ...]
    calls: tuple[str, ...]
    raises: tuple[str, ...]


def first_sentence(text: str) -> str | None:
    """A plain sentence of some words, or nothing."""
    paragraph = " ".join(text.strip().split("\n\n")[0].split())
    match = re.match(r"[A-Z][^.:]{12,140}\.(?= |$)", paragraph)
    if not match or re.search(r"https?:|[{}<>*\\@]|``", match.group()):
        return None
    return match.group()


def functions_of(text: str, language: str) -> Iterator[Function]:
    if language == "python":
        yield from python_functions(text)
    elif language in ("javascript", "typescript"):
        yield from script_functions(text, language)


def python_functions(text: str) -> Iterator[Function]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or len(node.body) < 2:
            continue
        summary = first_sentence(ast.get_docstring(node) or "")
        if not summary:
            continue
        lines = text.split("\n")
        docstring = node.body[0]
        head = lines[node.lineno - 1 : docstring.lineno - 1]
        source = "\n".join(head + lines[docstring.end_lineno : node.end_lineno])
        if len(source) > LONGEST_SOURCE or not head or not head[-1].rstrip().endswith(":"):
            continue
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        nodes = sorted((each for each in ast.walk(node) if hasattr(each, "lineno")), key=lambda each: each.lineno)
        raises = once(name_of(each.exc) for each in nodes if isinstance(each, ast.Raise))
        calls = once(name_of(each.func) for each in nodes if isinstance(each, ast.Call))
        yield Function(
            "python",
            node.name,
            source,
            "\n".join(head),
            summary,
            tuple(each.arg for each in arguments),
            tuple(name for name in calls if name not in raises),
            raises,
        )


def name_of(node: ast.expr | None) -> str:
    """The name that a call or a raise is of, where it is a plain one."""
    if isinstance(node, ast.Call):
        return name_of(node.func)
    return node.id if isinstance(node, ast.Name) else ""


def script_functions(text: str, language: str) -> Iterator[Function]:
    for match in JSDOC_FUNCTION.finditer(text):
        comment = "\n".join(line.removeprefix(" *").strip() for line in match["comment"].split("\n"))
        summary = first_sentence(comment)
        if not summary or len(match["source"]) > LONGEST_SOURCE:
            continue
        calls = re.findall(r"(?<![\w.])([a-z]\w+)\(", match["body"])
        keywords = {"if", "for", "while", "switch", "catch", "function", "return", "typeof"}
        yield Function(
            language,
            match["name"],
            match["source"],
            match["head"],
            summary,
            tuple(re.findall(r"@param (?:\{[^}]*\} )?\[?(\w+)", match["comment"])),
            once(call for call in calls if call not in keywords),
            once(re.findall(r"throw new (\w+)", match["body"])),
        )


def once(names: Iterator[str] | list[str]) -> tuple[str, ...]:
    """Each name once, in order, without empty ones."""
    return tuple(dict.fromkeys(name for name in names if name))
