// A model host that loads nothing, and the session of a model in it.

import { EngineError, type LoadedModel, type Model, type ModelHost } from "../../server/engine/engine.ts";
import { ModelSession } from "../../server/models/session/modelSession.ts";

const info: Omit<LoadedModel, "path"> = {
  name: "m",
  demonstration: false,
  architecture: "falcon",
  contextSize: 512,
  kvCache: "f16",
  flashAttention: false,
  sequences: 2,
  promptRate: 10_000,
  infill: false,
  device: "CPU",
  gpuLayers: 0,
  layers: 2,
  devices: [],
  passedOver: [],
  markers: [],
};
const usage = { prompt: 1, reused: 0, generated: 1, accepted: 0, duration: 1 };

/** What a host has in memory: one that loads, one that is loaded, or one that is about to end. */
interface Occupant {
  readonly path: string;
  state: "loading" | "loaded" | "ending";
  readonly end: (error: EngineError) => void;
}

/** Loads nothing, takes as many turns of the event loop as the script says, and fails when two models are in memory. */
export class ScriptedHost implements ModelHost {
  readonly memory = undefined;
  readonly loads: string[] = [];
  readonly faults: string[] = [];
  occupant: Occupant | undefined;
  /** Fails as often as there are errors. */
  failures: EngineError[] = [];
  #ended = Promise.resolve();
  readonly #turns: () => number;

  constructor(turns: () => number = () => 1) {
    this.#turns = turns;
  }

  async load(request: Parameters<ModelHost["load"]>[0], onProgress: (fraction: number) => void): Promise<Model> {
    const { path } = request.plan;
    if (this.occupant) this.faults.push(`${path} was loaded beside ${this.occupant.path}`);
    this.loads.push(path);
    const { promise: ended, reject: end } = Promise.withResolvers<never>();
    ended.catch(() => undefined);
    const occupant: Occupant = { path, state: "loading", end };
    this.occupant = occupant;
    await Promise.race([this.#wait(), ended]);
    onProgress(0.5);
    await Promise.race([this.#wait(), ended]);
    const failure = this.failures.shift();
    if (failure) throw failure;
    occupant.state = "loaded";
    const answer = async <T>(value: T) => {
      await Promise.race([this.#wait(), ended]);
      return value;
    };
    return {
      info: { ...info, path },
      generate: () => answer({ text: "x", alternatives: [], stopReason: "end", usage }),
      score: () => answer([]),
      countTokens: () => answer(1),
    };
  }

  async dispose(): Promise<void> {
    const { occupant } = this;
    if (occupant && occupant.state !== "ending") {
      occupant.state = "ending";
      occupant.end(new EngineError("died", "it was told to end"));
      this.#ended = this.#wait().then(() => {
        this.occupant = undefined;
      });
    }
    await this.#ended;
  }

  /** The process ends by itself. */
  die(session: ModelSession): void {
    const { occupant } = this;
    if (!occupant || occupant.state === "ending") return;
    this.occupant = undefined;
    occupant.end(new EngineError("died", "SIGSEGV"));
    session.hostDied("SIGSEGV");
  }

  /** The model leaves its place to another client's. */
  leave(): void {
    const { occupant } = this;
    this.occupant = undefined;
    occupant?.end(new EngineError("unloaded", "the model left its place to another"));
  }

  async #wait(): Promise<void> {
    for (let turns = this.#turns(); turns > 0; turns--) await nextTurn();
  }
}

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export function sessionOf(host: ScriptedHost) {
  const states: string[] = [];
  const session: ModelSession = new ModelSession({
    host,
    markers: [],
    onStatus: () => {
      const { state } = session;
      states.push(state.state === "ready" && state.unloaded ? "unloaded" : state.state);
    },
    onRequest: () => undefined,
    onLoad: () => undefined,
    log: () => undefined,
  });
  return { host, session, states };
}

export function generate(model: Model) {
  const request = { priority: "chat", prompt: ["x"], maxTokens: 1, temperature: 0, stop: [] } as const;
  return model.generate(request, () => undefined, new AbortController().signal);
}
