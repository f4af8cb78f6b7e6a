// Tests whose answers are programs that run.

import * as v from "valibot";

import type { EvaluationTest } from "../../../src/shared/evaluation.ts";

/** A function with a gap, and what says whether it is right. Nothing is after the gap where the function is to be continued. */
export interface Problem {
  readonly id: string;
  readonly entryPoint: string;
  readonly before: string;
  readonly after: string;
  /** Defines `check`, which takes the function. */
  readonly test: string;
}

export interface CodeTask {
  readonly name: EvaluationTest;
  readonly title: string;
  /** The published file, without its ending, and folders of its copies on the hub. */
  readonly file: string;
  readonly folders: readonly string[];
  readonly row: v.GenericSchema<unknown, Problem>;
  /**
   * How the gap is filled: after what comes before alone, by a whole line between others, or between any two characters.
   */
  readonly gap: "end" | "line" | "any";
  readonly stop: readonly string[];
}

const fields = { task_id: v.string(), entry_point: v.string(), prompt: v.string(), test: v.string() };

function rowOf(suffix: v.GenericSchema<unknown, string>): CodeTask["row"] {
  return v.pipe(
    v.object({ ...fields, suffix }),
    v.transform(({ task_id, entry_point, prompt, test, suffix: after }) => ({
      ...{ id: task_id, entryPoint: entry_point, before: prompt, after, test },
    })),
  );
}

/** Bavarian et al., “Efficient Training of Language Models to Fill in the Middle”, arXiv:2207.14255. */
function infilling(name: EvaluationTest, title: string, kind: string, gap: "line" | "any"): CodeTask {
  const file = `HumanEval-${kind}Infilling`;
  const stop = gap === "line" ? ["\n"] : [];
  return { ...{ name, title, file, gap, stop }, folders: [file], row: rowOf(v.string()) };
}

export const codeTasks: readonly CodeTask[] = [
  {
    name: "humaneval",
    title: "HumanEval",
    file: "HumanEval",
    folders: ["openai_humaneval"],
    row: rowOf(v.optional(v.literal(""), "")),
    gap: "end",
    // Chen et al., “Evaluating Large Language Models Trained on Code”, arXiv:2107.03374.
    stop: ["\nclass", "\ndef", "\n#", "\nif", "\nprint"],
  },
  infilling("humaneval_single_line_infilling", "HumanEval-Infilling: Single-Line", "SingleLine", "line"),
  infilling("humaneval_multi_line_infilling", "HumanEval-Infilling: Multi-Line", "MultiLine", "any"),
  infilling("humaneval_random_span_infilling", "HumanEval-Infilling: Random Span", "RandomSpan", "any"),
];
