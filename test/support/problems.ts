// Problems of our own in the form of HumanEval and of HumanEval-Infilling.

import fs from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";

const functions = [
  {
    name: "double",
    head: 'def double(number):\n    """ Twice a number.\n    >>> double(2)\n    4\n    """\n',
    lines: ["    result = number + number\n", "    return result\n"],
    test: "def check(candidate):\n    assert candidate(2) == 4\n    assert candidate(-1) == -2\n",
  },
  {
    name: "longest",
    head: 'def longest(words):\n    """ The longest of words, the first of several. """\n',
    lines: ["    if not words:\n", "        return None\n", "    return max(words, key=len)\n"],
    test: "def check(candidate):\n    assert candidate([]) is None\n    assert candidate(['a', 'bb', 'cc']) == 'bb'\n",
  },
];

export interface PublishedProblem {
  readonly task_id: string;
  readonly entry_point: string;
  readonly prompt: string;
  readonly suffix?: string;
  readonly canonical_solution: string;
  readonly test: string;
}

export const wholeProblems: readonly PublishedProblem[] = functions.map(({ name, head, lines, test }, i) => ({
  ...{ task_id: `HumanEval/${i}`, entry_point: name, prompt: head, canonical_solution: lines.join(""), test },
}));

/** Each line of each function is missing once. */
export const lineProblems: readonly PublishedProblem[] = functions.flatMap(({ name, head, lines, test }, i) =>
  lines.map((line, place) => ({
    task_id: `SingleLineInfilling/HumanEval/${i}/L${place}`,
    entry_point: name,
    prompt: head + lines.slice(0, place).join(""),
    suffix: lines.slice(place + 1).join(""),
    canonical_solution: line,
    test,
  })),
);

/** Writes them as they are published. */
export function writeProblems(folder: string): void {
  for (const [name, problems] of [
    ["HumanEval", wholeProblems],
    ["HumanEval-SingleLineInfilling", lineProblems],
  ] as const) {
    const lines = problems.map((problem) => `${JSON.stringify(problem)}\n`).join("");
    fs.writeFileSync(path.join(folder, `${name}.jsonl.gz`), gzipSync(lines));
  }
}
