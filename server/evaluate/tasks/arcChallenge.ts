// ARC-Challenge: questions of a school's science lessons.

import * as v from "valibot";

import type { Task } from "../task.ts";

/** As on the hub: texts and labels in two lists. */
const columns = v.object({ text: v.array(v.string()), label: v.array(v.string()) });
const hubRow = v.object({ question: v.string(), choices: columns, answerKey: v.string() });
/** As its authors publish it: a list of choices within the question. */
const choice = v.object({ text: v.string(), label: v.string() });
const authorsRow = v.object({
  question: v.object({ stem: v.string(), choices: v.array(choice) }),
  answerKey: v.string(),
});

export const arcChallenge: Task = {
  name: "arc_challenge",
  title: "ARC-Challenge",
  shots: 25,
  examples: "drawn",
  splits: { examples: ["train"], questions: ["test"] },
  folders: ["ARC-Challenge", "arc_challenge"],
  metric: "acc_norm",
  row: v.pipe(
    v.union([hubRow, authorsRow]),
    v.transform((row) => {
      if ("choices" in row) return { stem: row.question, ...row.choices, answerKey: row.answerKey };
      const { stem, choices } = row.question;
      return {
        stem,
        text: choices.map((each) => each.text),
        label: choices.map((each) => each.label),
        answerKey: row.answerKey,
      };
    }),
    v.check(({ label, answerKey }) => label.includes(answerKey), "answerKey is no label of the choices"),
    v.transform(({ stem, text, label, answerKey }) => ({
      question: `Question: ${stem}\nAnswer:`,
      choices: text,
      right: [label.indexOf(answerKey)],
    })),
  ),
  description: () => "",
};
