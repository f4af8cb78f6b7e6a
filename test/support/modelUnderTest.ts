// A model process together with the model that it loaded last.

import { fileURLToPath } from "node:url";

import type { LoadedModel, LoadRequest, Model } from "../../server/engine/engine.ts";
import type { PlannedModel } from "../../server/engine/plan/shape.ts";
import { ModelProcess, type ModelProcessOptions } from "../../server/engine/process/modelProcess.ts";
import { planFile } from "../../server/models/plan/plannedFile.ts";
import { UserError } from "../../server/userError.ts";

type Score = NonNullable<Model["score"]>;

type Options = Pick<ModelProcessOptions, "heartbeat" | "endTime"> &
  Partial<Pick<ModelProcessOptions, "log" | "onDied">>;

export class ModelUnderTest {
  readonly host: ModelProcess;
  model: Model | undefined;

  constructor(options: Options = {}) {
    this.host = new ModelProcess({
      modulePath: fileURLToPath(new URL("../../dist/engine.cjs", import.meta.url)),
      log: () => undefined,
      onDied: () => undefined,
      ...options,
    });
  }

  get pid(): number {
    return this.host.pid ?? 0;
  }

  async load(
    { plan, planned = plannedOf(plan.path), markers = [], saveAfter }: Partial<LoadRequest> & Pick<LoadRequest, "plan">,
    onProgress: (fraction: number) => void = () => undefined,
  ): Promise<LoadedModel> {
    this.model = await this.host.load(
      { plan, planned, markers, ...(saveAfter !== undefined && { saveAfter }) },
      onProgress,
    );
    return this.model.info;
  }

  generate(...request: Parameters<Model["generate"]>): ReturnType<Model["generate"]> {
    return this.#loaded.generate(...request);
  }

  score(...request: Parameters<Score>): ReturnType<Score> {
    const model = this.#loaded;
    if (!model.score) throw new Error("the model tells no probabilities of texts");
    return model.score(...request);
  }

  countTokens(...prompt: Parameters<Model["countTokens"]>): ReturnType<Model["countTokens"]> {
    return this.#loaded.countTokens(...prompt);
  }

  dispose(): Promise<void> {
    return this.host.dispose();
  }

  get #loaded(): Model {
    if (!this.model) throw new Error("no model was loaded");
    return this.model;
  }
}

/** A model of no size: what llama.cpp itself refuses needs no memory. */
const nothing: PlannedModel = {
  architecture: "falcon",
  shape: {
    ...{ layers: 0, embedding: 0, vocabulary: 0, feedForward: 0, heads: 0, kvHeads: 0, headSize: 0, ropeSize: 0 },
    ssm: { convolution: 0, inner: 0, state: 0, rank: 0, groups: 0 },
  },
  weights: { embedding: 0, layers: [] },
};

/** The memory plan of a model file, also of one that the server would refuse. */
export function plannedOf(path: string): PlannedModel {
  try {
    return planFile(path).planned;
  } catch (error) {
    if (error instanceof UserError) return nothing;
    throw error;
  }
}
