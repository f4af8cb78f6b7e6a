// The models of a service: one process for each, which all clients with an equal request share, and two at most.

import { untilAborted } from "../../aborted.ts";
import { EngineError, type Hang, type LoadPlan, type LoadRequest, type Model } from "../engine.ts";
import type { ModelProcess } from "../process/modelProcess.ts";
import { unloadedError } from "../process/rpc.ts";
import { keyOf } from "./modelKey.ts";

/** So many models may be in memory, if they fit. */
const most = 2;

/** Milliseconds within which the first request of a client comes that has its model, if it waits to ask something. */
const untilFirstRequest = 2000;

/** A client as far as the models know it. It holds one model at most. */
export interface Client {
  /** Requests of one client take turns with those of others. */
  readonly id: string;
  /** Fires when the client is gone. */
  readonly ended: AbortSignal;
  readonly onDied: (reason: string, hang?: Hang) => void;
  /** The model left its place to another one. */
  readonly onUnloaded: () => void;
  /** The load waits, since others use all the models that there may be. */
  readonly onWaits: () => void;
  readonly onLog: (line: string) => void;
}

export type CreateProcess = (
  log: (line: string) => void,
  onDied: (reason: string, hang?: Hang) => void,
) => Pick<ModelProcess, "load" | "dispose" | "memory">;

interface Entry {
  readonly key: string;
  readonly plan: LoadPlan;
  readonly process: ReturnType<CreateProcess>;
  readonly clients: Set<Client>;
  /** Clients whose first request is on its way: they would only load the model again if it gave way before that. */
  readonly expected: Set<Client>;
  readonly onProgress: Set<(fraction: number) => void>;
  loaded: Promise<Model>;
  state: "waiting" | "loading" | "ready";
  /** Requests that run or wait. */
  running: number;
  /** In milliseconds. */
  lastUse: number;
}

export class SharedModels {
  readonly #create: CreateProcess;
  #entries: readonly Entry[] = [];
  /** Why models did not fit into the memory although no other was there, by their keys. */
  readonly #tooMuch = new Map<string, EngineError>();
  /** Waits for the place of another. */
  #waiting: Entry | undefined;
  /** What is asked of it waits, so that it comes to rest and gives way. */
  #givesWay: Entry | undefined;
  /** Processes that were told to end. */
  readonly #leaving = new Set<Entry["process"]>();
  /** The load that the next one has to wait for. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Resolves when a model may have become one that can give way. */
  #change = Promise.withResolvers<void>();

  constructor(create: CreateProcess) {
    this.#create = create;
  }

  /** Resident bytes of the process of a client's model. */
  memoryFor(client: Client): number | undefined {
    return this.#heldBy(client)?.process.memory;
  }

  /**
   * Gives a client the model that it asks for, in the place of the one that it holds.
   * @throws EngineError
   */
  async load(request: LoadRequest, client: Client, onProgress: (fraction: number) => void): Promise<Model> {
    await this.release(client);
    if (client.ended.aborted) throw new EngineError("died", "the client is gone");
    const key = keyOf(request);
    const known = this.#entries.find((each) => each.key === key);
    const tooMuch = this.#tooMuch.get(key);
    // Whoever loaded the file asked for this first, too. Who asks for less next has that model.
    if (!known && tooMuch && this.#entries.some(({ plan }) => plan.path === request.plan.path)) throw tooMuch;
    const entry = known ?? this.#add(key, request);
    entry.clients.add(client);
    entry.expected.add(client);
    entry.onProgress.add(onProgress);
    if (entry === this.#waiting) client.onWaits();
    try {
      const model = await entry.loaded;
      setTimeout(() => this.#expectNoMore(entry, client), untilFirstRequest);
      return this.#modelFor(client, entry, request.plan, model);
    } finally {
      entry.onProgress.delete(onProgress);
    }
  }

  /**
   * Takes a client's model away from it. Resolves when nothing is left of it in memory, unless others hold it.
   * @throws EngineError `notEnded`
   */
  async release(client: Client): Promise<void> {
    const entry = this.#heldBy(client);
    if (!entry) return;
    entry.clients.delete(client);
    this.#expectNoMore(entry, client);
    if (entry.clients.size === 0) await this.#end(entry);
  }

  #expectNoMore(entry: Entry, client: Client): void {
    if (entry.expected.delete(client)) this.#changed();
  }

  #heldBy(client: Client): Entry | undefined {
    return this.#entries.find(({ clients }) => clients.has(client));
  }

  #add(key: string, request: LoadRequest): Entry {
    const clients = new Set<Client>();
    const { promise, resolve, reject } = Promise.withResolvers<Model>();
    const entry: Entry = {
      key,
      plan: request.plan,
      clients,
      expected: new Set(),
      process: this.#create(
        (line) => {
          for (const { onLog } of clients) onLog(line);
        },
        (reason, hang) => this.#onDied(entry, reason, hang),
      ),
      onProgress: new Set(),
      loaded: promise,
      state: "waiting",
      running: 0,
      lastUse: performance.now(),
    };
    this.#entries = [...this.#entries, entry];
    // What each load finds of free memory is then what the model will have.
    this.#turn = this.#turn.then(() => this.#load(entry, request)).then(resolve, reject);
    return entry;
  }

  async #load(entry: Entry, request: LoadRequest): Promise<Model> {
    try {
      await this.#makeRoom(entry);
      entry.state = "loading";
      const load = () =>
        entry.process.load(request, (fraction) => {
          for (const onProgress of entry.onProgress) onProgress(fraction);
        });
      const loaded = await load().catch(async (error: unknown) => {
        // What did not fit alone takes no other's place.
        if (!isTooMuch(error) || this.#tooMuch.has(entry.key)) throw error;
        while (this.#others(entry).some(({ expected }) => expected.size > 0)) await this.#change.promise;
        if (!this.#putAway(entry)) throw error;
        await this.#makeRoom(entry);
        return load();
      });
      entry.state = "ready";
      entry.lastUse = performance.now();
      this.#tooMuch.delete(entry.key);
      return loaded;
    } catch (error) {
      if (isTooMuch(error) && this.#others(entry).length === 0) this.#tooMuch.set(entry.key, error);
      await this.#end(entry).catch(() => undefined);
      throw error;
    }
  }

  /** Waits until the model may be loaded. */
  async #makeRoom(entry: Entry): Promise<void> {
    try {
      for (;;) {
        // What does not end leaves no memory: it is said, as to the client that wanted it to end.
        for (const process of this.#leaving) await this.#dispose(process);
        if (entry.clients.size === 0) throw new EngineError("died", "nobody waits for the model any more");
        if (this.#others(entry).length < most) return;
        if (this.#putAway(entry)) continue;
        if (this.#waiting !== entry) for (const { onWaits } of entry.clients) onWaits();
        this.#waiting = entry;
        // The one that has been there the longest is asked nothing more, so that the wait has an end.
        this.#givesWay ??= this.#others(entry)[0];
        await this.#change.promise;
      }
    } finally {
      [this.#waiting, this.#givesWay] = [undefined, undefined];
      this.#changed();
    }
  }

  #others(entry: Entry): readonly Entry[] {
    return this.#entries.filter((each) => each !== entry && each.state !== "waiting");
  }

  /** Unloads another model, the one that was used the longest ago, if there is one that nobody uses now or is about to. */
  #putAway(entry: Entry): boolean {
    const [spare] = this.#others(entry)
      .filter(({ state, running, expected }) => state === "ready" && running === 0 && expected.size === 0)
      .toSorted((a, b) => a.lastUse - b.lastUse);
    if (!spare) return false;
    const clients = [...spare.clients];
    void this.#end(spare).catch(() => undefined);
    for (const { onUnloaded } of clients) onUnloaded();
    return true;
  }

  #onDied(entry: Entry, reason: string, hang?: Hang): void {
    // A load rejects by itself.
    if (entry.state !== "ready") return;
    const clients = [...entry.clients];
    void this.#end(entry).catch(() => undefined);
    for (const { onDied } of clients) onDied(reason, hang);
  }

  /** From now on nobody holds the model. */
  async #end(entry: Entry): Promise<void> {
    this.#entries = this.#entries.filter((other) => other !== entry);
    entry.clients.clear();
    entry.expected.clear();
    this.#leaving.add(entry.process);
    this.#changed();
    await this.#dispose(entry.process);
  }

  async #dispose(process: Entry["process"]): Promise<void> {
    await process.dispose();
    this.#leaving.delete(process);
  }

  #changed(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }

  #modelFor(client: Client, entry: Entry, { promptCache }: LoadPlan, model: Model): Model {
    // What a client wants to be saved nowhere, or elsewhere, is not saved in the folder of the one that came first.
    const own = { client: client.id, ...(promptCache !== entry.plan.promptCache && { private: true }) };
    const use = async <R>(work: () => Promise<R>, signal: AbortSignal): Promise<R> => {
      // The first request of each client is answered: else all would load in turn, and none would be.
      const mustWait = () => this.#givesWay === entry && !entry.expected.has(client) && !signal.aborted;
      while (mustWait()) await untilAborted(this.#change.promise, signal);
      if (!this.#entries.includes(entry)) throw unloadedError();
      entry.running++;
      entry.expected.delete(client);
      try {
        return await work();
      } finally {
        // The answer is on its way before the model may leave its place.
        setImmediate(() => {
          entry.running--;
          entry.lastUse = performance.now();
          this.#changed();
        });
      }
    };
    const score = model.score?.bind(model);
    return {
      ...model,
      generate: (request, onText, signal) => use(() => model.generate({ ...request, ...own }, onText, signal), signal),
      ...(score && { score: (request, signal) => use(() => score({ ...request, ...own }, signal), signal) }),
    };
  }
}

function isTooMuch(error: unknown): error is EngineError {
  return error instanceof EngineError && error.failure === "outOfMemory";
}
