// Comparing models on a repository's own history, as it crosses a process.

import { ParameterStructures, ProgressType, RequestType } from "vscode-languageserver-protocol";

import type { InfillOrder } from "./serverSettings.ts";
import type { Problem } from "./status.ts";

/** What its page shows. */
export interface ComparisonState {
  /** The name of the folder. */
  readonly folder: string;
  readonly isRunning: boolean;
  /** What is known so far. */
  readonly report?: ComparisonReport;
  /** Why there is nothing to compare on. */
  readonly problem?: string;
}

/** `use`: takes a candidate, by its number, for ghost text. */
export type ComparisonMessage =
  { readonly type: "stop" } | { readonly type: "again" } | { readonly type: "use"; readonly candidate: number };

export interface ComparisonStrings {
  readonly title: string;
  /** With the folder as {0}. */
  readonly description: string;
  readonly states: Readonly<Record<ComparisonReport["state"], string>>;
  readonly models: Readonly<Record<CandidateReport["state"], string>>;
  readonly progress: string;
  /** With the places that were lines as {0}, blocks as {1}, and commits as {2}. */
  readonly places: string;
  readonly stop: string;
  readonly again: string;
  /** Of the button of a model, with its name as {0}. */
  readonly use: string;
  readonly recommended: string;
  readonly columns: {
    readonly model: string;
    readonly kept: string;
    readonly behind: string;
    readonly exact: string;
    readonly shown: string;
    readonly p50: string;
    readonly p95: string;
    readonly memory: string;
  };
  /** What the numbers mean. */
  readonly notes: readonly string[];
}

/** What a candidate has in the place of the user's settings, where it is given. */
export interface CandidateSettings {
  /** Tokens. */
  readonly contextSize?: number;
  readonly infill?: InfillOrder;
  /** Pieces of other files in a prompt, at most. */
  readonly snippets?: number;
}

/** A model on the disk, and how it is asked. */
export interface Candidate {
  /** Of its file, absolute. */
  readonly path: string;
  readonly settings?: CandidateSettings;
  /** What tells it from others of the same file, in words. */
  readonly label?: string;
}

export interface ComparisonParams {
  /** In a Git repository, absolute. */
  readonly folder: string;
  /** The program that VS Code's own git extension has found. */
  readonly git: string;
  readonly candidates: readonly Candidate[];
  readonly minutes: number;
  readonly partialResultToken: string;
}

/** A mean with the interval that holds the true one with a probability of 95 %, as far as the places can tell. */
export interface Estimate {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

export interface CandidateReport {
  /** The model's own name, or its file's. */
  readonly name: string;
  readonly file: string;
  readonly quantization: string;
  /** Of the candidate. */
  readonly label?: string;
  readonly state: "waiting" | "loading" | "ready" | "failed";
  /** Why it takes no part. */
  readonly problem?: string;
  /** What it runs on in the place of what was wanted. */
  readonly fallback?: string;
  readonly figures?: CandidateFigures;
}

/** Of the places that all models have completed. */
export interface CandidateFigures {
  /** Characters of what was written there that its suggestion begins with, at a place. */
  readonly kept: Estimate;
  /** How much less it keeps than the one that keeps most; absent of that one. */
  readonly behind?: Estimate;
  /** The part of the places whose line it wrote exactly. */
  readonly exact: number;
  /** The part at which it suggested anything. */
  readonly shown: number;
  /** Milliseconds from the request to the suggestion. */
  readonly p50: number;
  readonly p95: number;
  /** Resident bytes of its process. */
  readonly memory?: number;
}

export interface ComparisonReport {
  /** `waiting`: the user's own requests go first. */
  readonly state: "finding" | "running" | "waiting" | "done" | "stopped";
  readonly lines: number;
  readonly blocks: number;
  readonly commits: number;
  /** Of the time that was given, in milliseconds. */
  readonly elapsed: number;
  readonly minutes: number;
  readonly candidates: readonly CandidateReport[];
  /** In words, once there is a place. */
  readonly recommendation?: string;
  /** Number of the candidate that it recommends. */
  readonly best?: number;
}

/** Answers with what was measured, also where it was cancelled. Fails with a `Problem` where there is nothing to compare on. */
export const compareRequest = new RequestType<ComparisonParams, ComparisonReport, Problem>(
  "falcon/compare",
  ParameterStructures.byName,
);

/** How far a comparison is. */
export const comparisonProgress = new ProgressType<ComparisonReport>();
