// What models have of this machine: its devices, with the memory that a choice leaves, and how fast they read it.

import fs from "node:fs/promises";

import type { ModelRole } from "../../../src/shared/modelRoles.ts";
import type { ServerSettings } from "../../../src/shared/serverSettings.ts";
import type { ModelStatus, ServerStatus } from "../../../src/shared/status.ts";
import { availableRam } from "../../availableRam.ts";
import { measureBandwidth } from "./bandwidth.ts";
import { fillableRam, neededOf, planMemory, type PlannedDevice } from "../../engine/plan/memoryPlan.ts";
import { UserError } from "../../userError.ts";
import { planFile } from "./plannedFile.ts";
import type { Bandwidth } from "./speed.ts";

export interface Machine {
  /** The GPUs, and the CPU last. */
  readonly devices: readonly PlannedDevice[];
  readonly bandwidth: Bandwidth;
}

/** Bytes of a model for which a GPU waits for its memory, not for what starts its programs. */
const largeModel = 5e8;

export class ThisMachine {
  readonly #freeRam: () => number;
  readonly #measure: () => Promise<number>;
  /** Bytes that the processor reads in a second. */
  #cpu: Promise<number | undefined> | undefined;
  /** By the device's name. */
  readonly #gpus = new Map<string, number>();

  constructor(freeRam = availableRam, measure = measureBandwidth) {
    this.#freeRam = freeRam;
    this.#measure = measure;
  }

  /** @param role whose model is to be replaced; of both unless given */
  async describe(
    { chat, ...completion }: ServerStatus,
    { gpu }: Pick<ServerSettings["model"], "gpu">,
    role?: ModelRole,
  ): Promise<Machine> {
    const loaded = chat ? [completion, chat] : [completion];
    await Promise.all(loaded.map((status) => this.#measureGpu(status)));
    const cpu = await (this.#cpu ??= this.#measureCpu());
    // A model that serves both roles stays for the other one.
    const leaving = role === undefined ? loaded : chat ? [role === "chat" ? chat : completion] : [];
    const held = loaded.filter((status) => !leaving.includes(status)).map(heldBy);
    const freed = sumOf(leaving, memoryOf);
    const cpuFree = this.#freeRam() + freed - sumOf(held, (each) => each.mainMemory);
    return {
      devices: [
        ...(gpu === "off" ? [] : gpusBefore(loaded, held)),
        { kind: "cpu", name: "CPU", free: Math.max(cpuFree, 0) * fillableRam },
      ],
      bandwidth: ({ kind, name }) => (kind === "cpu" ? cpu : this.#gpus.get(name)),
    };
  }

  /** Undefined where it cannot be measured now; then it is measured again the next time. */
  async #measureCpu(): Promise<number | undefined> {
    try {
      return await this.#measure();
    } catch {
      this.#cpu = undefined;
      return undefined;
    }
  }

  /** How fast a GPU reads is known by a model that is on it alone and whole, once that has written something. */
  async #measureGpu(status: ModelStatus): Promise<void> {
    if (status.state !== "ready") return;
    const { model, metrics } = status;
    const [gpu, ...others] = gpusOf(status);
    if (!gpu || others.length > 0 || model.gpuLayers < model.layers || metrics.tokensPerSecond === undefined) return;
    const size = await fs.stat(model.path).then(
      (file) => file.size,
      () => 0,
    );
    if (size >= largeModel) this.#gpus.set(gpu.name, size * metrics.tokensPerSecond);
  }
}

/** What a model that stays takes of the memory that is told to be free. */
interface Held {
  /** Of each GPU. */
  readonly gpus: readonly number[];
  /** Of a model at rest, which takes it again at the next request; what is in memory does not count as free. */
  readonly mainMemory: number;
}

function heldBy(status: ModelStatus): Held {
  if (status.state !== "ready") return { gpus: [], mainMemory: 0 };
  const { path, contextSize, sequences, kvCache, flashAttention, gpuLayers } = status.model;
  // Where one will run that was not loaded yet is not known: it takes the most of the main memory on the CPU.
  const devices =
    status.model.devices.length > 0 ? status.model.devices : [{ kind: "cpu", name: "CPU", free: 0 } as const];
  try {
    const options = { contextSize, sequences, kvCache, flashAttention, gpuLayers };
    const planned = planMemory(planFile(path).planned, options, devices).devices.map(neededOf);
    return { gpus: planned.slice(0, -1), mainMemory: status.unloaded ? (planned.at(-1) ?? 0) : 0 };
  } catch (error) {
    // A file that is gone is loaded no more.
    if (error instanceof UserError) return { gpus: [], mainMemory: 0 };
    throw error;
  }
}

/** The GPUs, with what each had free before any of the models was on it, but for what those that stay take. */
function gpusBefore(loaded: readonly ModelStatus[], held: readonly Held[]): readonly PlannedDevice[] {
  const found = loaded.map(gpusOf);
  const most = found.find((each) => each.length > 0) ?? [];
  return most.map((gpu, i) => {
    const free = Math.max(...found.map((each) => each[i]?.free ?? 0));
    const taken = sumOf(held, ({ gpus }) => gpus[i] ?? 0);
    return { ...gpu, free: Math.max(free - taken, 0) };
  });
}

function sumOf<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((sum, value) => sum + of(value), 0);
}

function gpusOf(status: ModelStatus): readonly PlannedDevice[] {
  return status.state === "ready" ? status.model.devices.filter(({ kind }) => kind === "gpu") : [];
}

function memoryOf(status: ModelStatus): number {
  return status.state === "ready" ? (status.metrics.memory ?? 0) : 0;
}
