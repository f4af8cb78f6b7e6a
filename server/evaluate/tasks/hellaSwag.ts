// HellaSwag: how an everyday scene goes on.

import * as v from "valibot";

import { capitalize, strip } from "../pythonText.ts";
import type { Task } from "../task.ts";

export const hellaSwag: Task = {
  name: "hellaswag",
  title: "HellaSwag",
  shots: 10,
  examples: "drawn",
  spare: 1,
  splits: { examples: ["train"], questions: ["val"] },
  folders: ["hellaswag"],
  metric: "acc_norm",
  row: v.pipe(
    v.object({
      activity_label: v.string(),
      ctx_a: v.string(),
      ctx_b: v.string(),
      endings: v.array(v.string()),
      label: v.pipe(v.union([v.number(), v.string()]), v.transform(Number), v.integer()),
    }),
    v.check(({ endings, label }) => label in endings, "label is no place of the endings"),
    v.transform((row) => ({
      question: clean(`${row.activity_label}: ${row.ctx_a} ${capitalize(row.ctx_b)}`),
      choices: row.endings.map(clean),
      right: [row.label],
    })),
  ),
  description: () => "",
};

/** Takes the marks of WikiHow's articles out. What then ends in a blank stays so, as in the harness. */
function clean(text: string): string {
  return strip(text)
    .replaceAll(" [title]", ". ")
    .replace(/\[[^\n]*?\]/g, "")
    .replaceAll("  ", " ");
}
