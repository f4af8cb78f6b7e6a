// The requests of fine-tuning on a workspace: what is learned from, the adapter that comes of it, and what that is worth.

import { ParameterStructures, RequestType, RequestType0 } from "vscode-languageserver-protocol";

import type { Problem } from "./status.ts";

export interface FineTuningPart {
  /** In their workspace folders. */
  readonly files: readonly string[];
  readonly tokens: number;
}

export interface FineTuningData {
  readonly training: FineTuningPart;
  readonly heldOut: FineTuningPart;
}

/** All paths are absolute. */
export interface TrainedAdapter {
  /** Where PEFT wrote it. */
  readonly folder: string;
  /** The original weights that it was trained on. */
  readonly base: string;
  /** The new GGUF file. */
  readonly file: string;
}

/** How much of held-out lines a model writes by itself. */
export interface KeptText {
  readonly places: number;
  /** Characters up to the first wrong one, over all that stand there. */
  readonly characters: number;
  /** Lines that are right to their end, over all. */
  readonly lines: number;
}

/** Tells what there is to learn from, and writes nothing. Fails with a `Problem` where there is too little. */
export const describeFineTuningRequest = new RequestType0<FineTuningData, Problem>("falcon/describeFineTuning");

/** Writes into a folder what is learned from, with the scripts that train. Fails with a `Problem` where there is too little. */
export const prepareFineTuningRequest = new RequestType<{ folder: string }, FineTuningData, Problem>(
  "falcon/prepareFineTuning",
  ParameterStructures.byName,
);

/** Makes a GGUF file of a trained adapter, which fits the completion's model. Fails with a `Problem`. */
export const convertAdapterRequest = new RequestType<TrainedAdapter, void, Problem>(
  "falcon/convertAdapter",
  ParameterStructures.byName,
);

/**
 * Has the completion's model write held-out lines of the workspace. Fails with a `Problem`.
 *
 * `heldOut`: paths of the files that an adapter did not learn from, as they were told when its data was written; without them
 * the files that are held out now.
 */
export const measureKeptRequest = new RequestType<{ heldOut?: readonly string[] }, KeptText, Problem>(
  "falcon/measureKept",
  ParameterStructures.byName,
);
