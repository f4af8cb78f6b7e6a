// A model process together with the model that it loaded last.

import { fileURLToPath } from "node:url";

import type { LoadedModel, LoadRequest, Model } from "../../server/engine/engine.ts";
import { ModelProcess, type ModelProcessOptions } from "../../server/engine/process/modelProcess.ts";

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
    { plan, markers = [], saveAfter }: Partial<LoadRequest> & Pick<LoadRequest, "plan">,
    onProgress: (fraction: number) => void = () => undefined,
  ): Promise<LoadedModel> {
    this.model = await this.host.load({ plan, markers, ...(saveAfter !== undefined && { saveAfter }) }, onProgress);
    return this.model.info;
  }

  generate(...request: Parameters<Model["generate"]>): ReturnType<Model["generate"]> {
    return this.#loaded.generate(...request);
  }

  score(...request: Parameters<Model["score"]>): ReturnType<Model["score"]> {
    return this.#loaded.score(...request);
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
