// MMLU: 57 subjects of school and university.

import * as v from "valibot";

import { strip } from "../pythonText.ts";
import type { Task } from "../task.ts";

const letters = ["A", "B", "C", "D"] as const;

export const mmlu: Task = {
  name: "mmlu",
  title: "MMLU",
  shots: 5,
  examples: "first",
  splits: { examples: ["dev"], questions: ["test"] },
  // The hub has each subject a second time, in a folder of its own.
  folders: ["all", "mmlu"],
  metric: "acc",
  row: v.pipe(
    v.object({
      question: v.string(),
      subject: v.string(),
      choices: v.pipe(v.array(v.string()), v.length(letters.length)),
      answer: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(letters.length - 1)),
    }),
    v.transform(({ question, subject, choices, answer }) => ({
      subject,
      question: [strip(question), ...letters.map((letter, i) => `${letter}. ${choices[i] ?? ""}`), "Answer:"].join(
        "\n",
      ),
      choices: letters,
      right: [answer],
    })),
  ),
  description: (subject) =>
    `The following are multiple choice questions (with answers) about ${subject.replaceAll("_", " ")}.\n\n`,
};
