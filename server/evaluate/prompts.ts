// The prompts of a test, with the examples before each question: the same, in the same order, as lm-evaluation-harness has them.

import type { PromptPart } from "../engine/engine.ts";
import { PythonRandom } from "./pythonRandom.ts";
import { stripEnd } from "./pythonText.ts";
import type { Item, Subject, Task } from "./task.ts";

/**
 * Whose examples are drawn: `leaderboard` is the harness at the commit of the Open LLM Leaderboard's first version, which
 * mixes the questions and draws with the same generator; `harness` is today's.
 */
export type Form = "leaderboard" | "harness";

const seeds: Readonly<Record<Form, number>> = { leaderboard: 42, harness: 1234 };

export interface AskedQuestion extends Pick<Item, "right" | "choices"> {
  /** The subject, and its place in the subject's file. */
  readonly id: string;
  readonly subject: string;
  readonly prompt: readonly PromptPart[];
  /** What is scored after the prompt, for each choice. */
  readonly continuations: readonly string[];
}

/** How many solved examples a subject must have: with the spare ones that today's harness draws. */
export function examplesFor({ shots, spare = 0 }: Task, form: Form): number {
  return shots + (form === "harness" ? spare : 0);
}

/** @param limit so many of each subject's questions, the first in the order of the form */
export function* questionsOf(
  task: Task,
  subjects: readonly Subject[],
  form: Form,
  limit = Infinity,
): Generator<AskedQuestion> {
  for (const { name, examples, questions } of subjects) {
    const random = new PythonRandom(seeds[form]);
    const order = questions.map((item, place) => ({ item, place }));
    if (form === "leaderboard") random.shuffle(order);
    for (const { item, place } of order.slice(0, limit)) {
      const drawn = task.examples === "drawn" ? random.sample(examples, examplesFor(task, form)) : examples;
      const shots = drawn.slice(0, task.shots);
      const before = task.description(name) + shots.map(solved).join("");
      // The harness scores the blanks that a prompt ends with as part of the continuation.
      const question = stripEnd(item.question);
      const blank = item.question.slice(question.length);
      yield {
        id: `${name}/${place}`,
        subject: name,
        prompt: [before, { stable: true }, question],
        continuations: item.choices.map((choice) => `${blank} ${choice}`),
        choices: item.choices,
        right: item.right,
      };
    }
  }
}

function solved({ question, choices, right: [right = 0] }: Item): string {
  return `${question} ${choices[right] ?? ""}\n\n`;
}
