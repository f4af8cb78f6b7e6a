// What the page "Fine-Tuning" shows: how the loss of a run falls.

import type { PlotStrings } from "./pages.ts";

/** In nats per token, after so many steps. */
export interface Loss {
  readonly step: number;
  readonly loss: number;
}

export interface TrainingPageState {
  readonly state: "none" | "running" | "done" | "stopped" | "failed";
  /** Of what is learned from; each point is the mean of the steps since the one before. */
  readonly learned: readonly Loss[];
  /** Of what is held out, from step 0 on. */
  readonly heldOut: readonly Loss[];
  /** The one whose adapter is kept. */
  readonly best?: Loss;
  /** Of the run, from 0 to 1. */
  readonly fraction: number;
  /** Why the run failed, in the words of the scripts. */
  readonly cause?: string;
}

/** `{0}` and so on stand for what the page fills in. */
export interface TrainingStrings {
  readonly plot: PlotStrings;
  readonly title: string;
  readonly states: Readonly<Record<TrainingPageState["state"], string>>;
  /** Step, part of the run. */
  readonly progress: string;
  /** Step, loss, loss before. */
  readonly best: string;
  readonly loss: string;
  readonly learned: string;
  readonly heldOut: string;
  readonly step: string;
}
