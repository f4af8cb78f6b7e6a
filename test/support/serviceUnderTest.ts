// A model service in a folder of the test's own, and clients of it.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import type { GenerateRequest, LoadPlan, Model } from "../../server/engine/engine.ts";
import type { heartbeat } from "../../server/engine/process/heartbeat.ts";
import { Claims } from "../../server/engine/shared/claims.ts";
import { openService, type ServiceConnection, type ServiceLocation } from "../../server/engine/shared/openService.ts";
import { SharedHost } from "../../server/engine/shared/sharedHost.ts";
import { modelFile } from "./models.ts";
import { plannedOf } from "./modelUnderTest.ts";
import { childrenOf, until } from "./processes.ts";

type ModelName = Parameters<typeof modelFile>[0];

const serviceModule = fileURLToPath(new URL("../../dist/service.cjs", import.meta.url));

/** Ids of the services whose claims are in a folder. */
function servicesIn(folder: string): number[] {
  const list = execFileSync("ps", ["-eo", "pid=,stat=,args="], { encoding: "utf8" });
  return list
    .split("\n")
    .filter((line) => line.includes(`--folder=${folder}`) && !/^\s*\d+\s+Z/.test(line))
    .map((line) => Number.parseInt(line, 10));
}

/** Ends the services of a folder, and waits until nothing of them is left. */
async function endServices(folder: string): Promise<void> {
  const pids = servicesIn(folder);
  const models = pids.flatMap((pid) => childrenOf(pid));
  for (const pid of pids) process.kill(pid, "SIGKILL");
  const alive = (pid: number) => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  await until("the service and its models are gone", () => servicesIn(folder).length === 0 && !models.some(alive));
}

export class ServiceUnderTest {
  readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-service-"));
  readonly #clients: TestClient[] = [];
  readonly #location: Partial<ServiceLocation>;

  constructor(location: Partial<ServiceLocation> = {}) {
    this.#location = location;
  }

  get location(): ServiceLocation {
    return { claims: new Claims(this.folder, "1"), modulePath: serviceModule, ...this.#location };
  }

  get services(): number[] {
    return servicesIn(this.folder);
  }

  /** Ids of the model processes. */
  get models(): number[] {
    return this.services.flatMap((pid) => childrenOf(pid));
  }

  client(options: { readonly heartbeat?: typeof heartbeat; readonly location?: Partial<ServiceLocation> } = {}) {
    const client = new TestClient({ ...this.location, ...options.location }, options.heartbeat);
    this.#clients.push(client);
    return client;
  }

  /** Connects as a client does before it loads. */
  async open(location: Partial<ServiceLocation> = {}): Promise<ServiceConnection & { readonly close: () => void }> {
    const opened = await openService({ ...this.location, ...location }, new AbortController().signal);
    const close = () => {
      opened.connection.dispose();
      opened.socket.destroy();
    };
    return { ...opened, close };
  }

  async end(): Promise<void> {
    await Promise.allSettled(this.#clients.map(({ host }) => host.dispose()));
    await endServices(this.folder);
    fs.rmSync(this.folder, { recursive: true });
  }
}

export class TestClient {
  readonly host: SharedHost;
  readonly deaths: string[] = [];
  readonly logs: string[] = [];
  readonly notes: (string | undefined)[] = [];
  unloaded = 0;
  model: Model | undefined;

  constructor(location: ServiceLocation, beat?: typeof heartbeat) {
    this.host = new SharedHost({
      locate: () => location,
      own: {
        memory: undefined,
        load: () => Promise.reject(new Error(`no service was reached: ${this.logs.join("\n")}`)),
        dispose: () => Promise.resolve(),
      },
      log: (line) => this.logs.push(line),
      onDied: (reason) => this.deaths.push(reason),
      onUnloaded: () => this.unloaded++,
      onNote: (note) => {
        if (note !== this.notes.at(-1)) this.notes.push(note);
      },
      ...(beat && { heartbeat: beat }),
    });
  }

  async load(name: ModelName, plan: Partial<LoadPlan> = {}, onProgress: (fraction: number) => void = () => undefined) {
    const path = modelFile(name);
    const whole = { path, contextSize: 2048, gpu: "off", threads: 1, shared: true, ...plan } as const;
    const request = { plan: whole, planned: plannedOf(path), markers: ["<|endoftext|>"] };
    this.model = await this.host.load(request, onProgress);
    return this.model;
  }

  generate(
    request: Partial<GenerateRequest> = {},
    onText: (text: string) => void = () => undefined,
    signal = new AbortController().signal,
  ) {
    if (!this.model) throw new Error("no model was loaded");
    const whole = {
      priority: "chat",
      prompt: ["let x = "],
      maxTokens: 20,
      temperature: 0,
      stop: [],
      ...request,
    } as const;
    return this.model.generate(whole, onText, signal);
  }
}
