// The models of ghost text and of the chat: a session with a process of its own for each, and one where both use the same.

import { type ModelRole, modelRoles, type ReloadParams } from "../../../src/shared/modelRoles.ts";
import type { ModelStatus, ServerStatus } from "../../../src/shared/status.ts";
import type { ConnectRequest, Model, ModelHost } from "../../engine/engine.ts";
import type { ModelEvents } from "../../metrics/events.ts";
import { RecentUsage } from "../../metrics/metrics.ts";
import type { UserError } from "../../userError.ts";
import { keyOf, keyOfServer, type SessionSettings } from "./backend.ts";
import { Crashes } from "./crashes.ts";
import { LoadingTurns } from "./loadInTurn.ts";
import { ModelSession, type ModelSessionOptions } from "./modelSession.ts";

/**
 * Makes what runs models. `onDied` is called when its process ends by itself, `onUnloaded` when the model has left its place
 * to another client's, and `onNote` with what a load waits for, in the user's language, or undefined once it does not.
 */
export type CreateHost = (
  log: (line: string) => void,
  onDied: (reason: string) => void,
  onUnloaded: () => void,
  onNote: (note: string | undefined) => void,
) => ModelHost;

/** Makes what reaches models of servers elsewhere. */
export type CreateRemote = (
  /** A request failed in a way that the next ones may, too. */
  onFailed: (failure: UserError) => void,
  /** What the server is waited for, in the user's language; undefined once it is not. */
  onNote: (note: string | undefined) => void,
) => ModelHost<ConnectRequest>;

export interface RoleModelsOptions extends Pick<ModelSessionOptions, "markers" | "onStatus" | "log"> {
  readonly createHost: CreateHost;
  readonly createRemote?: CreateRemote;
  /** Is told of what happens to either model. */
  readonly events?: ModelEvents;
}

interface RoleModel {
  /** Tells the model that it was last told to use from others. */
  key: string;
  readonly session: ModelSession;
  readonly host: ModelHost;
  readonly usage: RecentUsage;
}

export class RoleModels {
  readonly #options: RoleModelsOptions;
  readonly #turns = new LoadingTurns();
  readonly #crashes = new Crashes();
  #of: Readonly<Record<ModelRole, RoleModel>>;
  /** Roles whose models are to be loaded once it is known which these are. */
  #early: readonly ModelRole[] = [];
  #isDisposed = false;

  constructor(options: RoleModelsOptions) {
    this.#options = options;
    const both = this.#create();
    this.#of = { completion: both, chat: both };
  }

  get status(): ServerStatus {
    const { completion, chat } = this.#of;
    const status = describe(completion);
    return chat === completion ? status : { ...status, chat: describe(chat) };
  }

  /** The session of a role's model now: another one after the user chose another model. */
  session(role: ModelRole): ModelSession {
    return this.#of[role].session;
  }

  /** From now on the roles have the models that the settings name. Those of the roles in `load` are loaded at once. */
  use(wanted: Readonly<Record<ModelRole, SessionSettings>>, load: readonly ModelRole[] = []): void {
    if (this.#isDisposed) return;
    const now = [...load, ...this.#early];
    this.#early = [];
    const keys = new Set(modelRoles.map((role) => keyOf(wanted[role])));
    const before = this.#all();
    const spare = before.filter(({ key }) => !keys.has(key));
    const byKey = new Map<string, RoleModel>();
    for (const key of keys) {
      const model = before.find((each) => each.key === key) ?? spare.shift() ?? this.#create();
      model.key = key;
      byKey.set(key, model);
    }
    const last = this.#of;
    const find = (role: ModelRole) => byKey.get(keyOf(wanted[role])) ?? last[role];
    this.#of = { completion: find("completion"), chat: find("chat") };
    for (const { session } of spare) void session.dispose();
    for (const role of modelRoles) {
      const { session } = this.#of[role];
      void session.use(
        wanted[role],
        now.some((each) => this.session(each) === session),
      );
    }
    // One that is loaded already says nothing of that it is now another role's.
    if (modelRoles.some((role) => this.#of[role] !== last[role])) this.#options.onStatus();
  }

  /** Begins to load a role's model, which is going to be used. */
  load(role: ModelRole): void {
    const { key, session } = this.#of[role];
    if (key === "") this.#early = [...this.#early, role];
    else void session.wake();
  }

  /**
   * Loads a role's model again, unless it is loaded as its file is now, or that of a server. Without either, loads the models
   * that failed, or all where none did. How often they failed does not matter. Never rejects.
   */
  async reload({ role, server }: ReloadParams = {}): Promise<void> {
    if (role !== undefined) return this.session(role).refresh();
    const all = this.#all();
    const meant = all.filter(({ key, session }) =>
      server === undefined ? session.state.state === "failed" : key === keyOfServer(server),
    );
    const isNone = meant.length === 0 && server === undefined;
    await Promise.all((isNone ? all : meant).map(({ session }) => session.reload()));
  }

  /**
   * The model of a role once it is loaded. A request that waits gets the one that was chosen last.
   * @throws UserError when there is none
   */
  async ready(role: ModelRole): Promise<Model> {
    for (;;) {
      const session = this.session(role);
      try {
        const model = await session.ready();
        if (this.session(role) === session) return model;
      } catch (error) {
        if (this.session(role) === session) throw error;
      }
    }
  }

  /** Resolves when the processes of models that were replaced hold no file any more. */
  replacedAreGone(): Promise<void> {
    return this.#turns.gone();
  }

  /** Unloads all for good. Never rejects. */
  async dispose(): Promise<void> {
    this.#isDisposed = true;
    await Promise.all(this.#all().map(({ session }) => session.dispose()));
  }

  #all(): RoleModel[] {
    return [...new Set(Object.values(this.#of))];
  }

  #create(): RoleModel {
    const { createHost, createRemote, events, ...options } = this.#options;
    const host = this.#turns.join(
      createHost(
        options.log,
        (reason) => session.hostDied(reason),
        () => session.hostUnloaded(),
        (note) => session.setNote(note),
      ),
    );
    const remote = createRemote?.(
      (failure) => session.serverFailed(failure),
      (note) => session.setNote(note),
    );
    const usage = new RecentUsage();
    const session: ModelSession = new ModelSession({
      ...options,
      host,
      ...(remote && { remote }),
      crashes: this.#crashes,
      onRequest: (ended) => {
        if ("usage" in ended.outcome) usage.add(ended.outcome.usage, ended.model);
        events?.onRequest(ended);
      },
      onLoad: (ended) => events?.onLoad(ended),
    });
    return { key: "", session, host, usage };
  }
}

/** How a model stands, and how fast it is. */
function describe({ session, host, usage }: RoleModel): ModelStatus {
  const { state, queue } = session;
  if (state.state !== "ready") return state;
  const { memory } = host;
  const metrics = { ...usage.of(state.model), ...(memory !== undefined && { memory }), queue };
  return { ...state, generating: queue > 0, metrics };
}
