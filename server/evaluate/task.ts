// What a test of the leaderboard is: which files it reads, how it asks, and how it scores.

import type { GenericSchema } from "valibot";

import type { EvaluationTest } from "../../src/shared/evaluation.ts";

/** A question with its possible answers. */
export interface Item {
  readonly question: string;
  readonly choices: readonly string[];
  /** The places of the right answers among the choices. */
  readonly right: readonly number[];
}

/**
 * `acc`: the likeliest choice is right. `acc_norm`: so is the likeliest by its characters. `mc2`: the probability of the
 * right choices among all.
 */
export type Metric = "acc" | "acc_norm" | "mc2";

export interface Task {
  readonly name: EvaluationTest;
  readonly title: string;
  /** Solved examples before a question. */
  readonly shots: number;
  /** Whether the examples of each question are drawn at random, or are the first ones. */
  readonly examples: "drawn" | "first";
  /** Today's harness draws so many examples more than it shows, in case that the question itself is among them. */
  readonly spare?: number;
  /** What the names of the files with examples and with questions hold: one of these words. */
  readonly splits: { readonly examples: readonly string[]; readonly questions: readonly string[] };
  /** Folders that have the data of this test alone, where others lie beside it: the first one that there is. */
  readonly folders: readonly string[];
  readonly metric: Metric;
  /** Reads a line of the published data. */
  readonly row: GenericSchema<unknown, Row>;
  /** What comes first of all in a prompt. */
  readonly description: (subject: string) => string;
}

/** An item, and its subject where the task has several. */
export interface Row extends Item {
  readonly subject?: string | undefined;
}

/** The data of one subject; that of a task without subjects has the name of the task. */
export interface Subject {
  readonly name: string;
  readonly examples: readonly Item[];
  readonly questions: readonly Item[];
}
