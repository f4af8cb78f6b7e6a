// Models that run on a server elsewhere: "loading" one is to reach the server, and to learn what its model is.

import { isIPv4 } from "node:net";

import * as l10n from "@vscode/l10n";

import { plainName } from "../../../src/shared/plainText.ts";
import type { NetworkSettings } from "../../../src/shared/downloads.ts";
import type { RemoteServer } from "../../../src/shared/serverSettings.ts";
import { openNetwork, withoutCredentials, type Network } from "../../network.ts";
import type { UserError } from "../../userError.ts";
import { type ConnectRequest, EngineError, type LoadedModel, type Model, type ModelHost } from "../engine.ts";
import { Connection, type Patience, patience } from "./connection.ts";
import { RemoteError } from "./failures.ts";
import { familyOf, infillByName, isDemonstration, possibleInfills, shortName } from "./family.ts";
import { llamaServer } from "./llamaServer.ts";
import type { Protocol, ServerModel } from "./protocol.ts";
import { openAi, vllm } from "./openAi.ts";
import { tgi } from "./tgi.ts";
import { RemoteModel } from "./remoteModel.ts";
import { type InfillSpelling, RemoteVocabulary } from "./vocabulary.ts";

export interface RemoteHostOptions {
  /** The key of a server. */
  readonly key: (name: string) => Promise<string | undefined>;
  readonly network: () => NetworkSettings | undefined;
  /** A request failed in a way that the next ones may, too. */
  readonly onFailed: (failure: UserError) => void;
  /** What the server is waited for, in the user's language; undefined once it is not. */
  readonly onNote: (note: string | undefined) => void;
  readonly patience?: Patience;
}

/** Tokens of a context where the server does not tell. */
const usualContext = 4096;
/** So many tokens of a prompt in a second are worth a long window for ghost text. */
const assumedPromptRate = 10_000;

/** A load and its model; without a network at its beginning. */
interface Opened {
  network?: Network;
  readonly ended: AbortController;
}

export class RemoteHost implements ModelHost<ConnectRequest> {
  /** The server's memory is its own. */
  readonly memory = undefined;
  readonly #options: RemoteHostOptions;
  /** The newest. */
  #open: Opened | undefined;

  constructor(options: RemoteHostOptions) {
    this.#options = options;
  }

  async load({ server, markers }: ConnectRequest): Promise<Model> {
    const left = this.dispose();
    const open: Opened = { ended: new AbortController() };
    this.#open = open;
    const { signal: ended } = open.ended;
    await left;
    const address = addressOf(server);
    // A proxy has another loopback.
    const settings = { ...this.#options.network(), ...(isLoopback(address) && { proxy: "" }) };
    const network = await openNetwork(settings);
    if (ended.aborted) await network.close();
    ended.throwIfAborted();
    open.network = network;
    const key = await this.#options.key(server.name);
    ended.throwIfAborted();
    const connection = new Connection({
      server,
      address,
      key,
      network,
      patience: this.#options.patience ?? patience,
      onWaking: (isWaking) =>
        this.#options.onNote(isWaking ? l10n.t("The server {0} is waking up", plainName(server.name)) : undefined),
    });
    const parts = { connection, ended };
    const protocol = await protocolOf(connection, ended);
    const described = await protocol.describe(connection, ended);
    const model = server.model ?? described.name;
    const { vocabulary, info } = await learn(protocol, { ...described, name: model }, markers, parts);
    return new RemoteModel({
      ...parts,
      protocol,
      vocabulary,
      model,
      info: {
        ...info,
        remote: {
          name: server.name,
          host: address.host,
          encrypted: address.protocol === "https:" || isLoopback(address),
        },
      },
      onFailure: (error) => {
        if (this.#open === open && error.isOfAll) this.#options.onFailed(error);
      },
    });
  }

  /** Closed connections end what the server still writes. */
  async dispose(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    open?.ended.abort(new EngineError("died", "another model was chosen"));
    await open?.network?.close();
  }
}

/** An endpoint runs one of the others, by the container that it was made with. */
async function protocolOf(connection: Connection, signal: AbortSignal): Promise<Protocol> {
  const { kind } = connection.server;
  if (kind !== "endpoint") return { "llama-server": llamaServer, vllm, openai: openAi, tgi }[kind];
  for (const [path, protocol] of [
    ["/info", tgi],
    ["/props", llamaServer],
    ["/version", vllm],
  ] as const) {
    if (await connection.has(path, signal)) return protocol;
  }
  return openAi;
}

function addressOf({ name, address }: RemoteServer): URL {
  const shown = plainName(withoutCredentials(address));
  if (!URL.canParse(address) || !/^https?:/.test(address)) {
    throw new RemoteError(
      "badSettings",
      l10n.t(
        "The address {0} of the server {1} is none. Write it as http://gpubox:8080 is written.",
        shown,
        plainName(name),
      ),
    );
  }
  const url = new URL(address);
  if (url.username || url.password) {
    throw new RemoteError(
      "badSettings",
      l10n.t(
        "The address {0} of the server {1} may not hold a user name or password. Leave them out, and set a key where the server wants one.",
        shown,
        plainName(name),
      ),
    );
  }
  return url;
}

/** Whether an address is one of this machine. */
export function isLoopback({ hostname }: URL): boolean {
  return hostname === "localhost" || hostname === "[::1]" || (isIPv4(hostname) && hostname.startsWith("127."));
}

/** Which special tokens the model has, by the server's own tokenizer where it has one, else by the model's name. */
async function learn(
  protocol: Protocol,
  described: ServerModel,
  markers: readonly string[],
  { connection, ended }: { readonly connection: Connection; readonly ended: AbortSignal },
): Promise<{ readonly vocabulary: RemoteVocabulary; readonly info: LoadedModel }> {
  const { name, contextSize = usualContext, sequences = 1, begin = [] } = described;
  const family = familyOf(name);
  const { tokenize } = protocol;
  const isToken = async (spelling: string) =>
    tokenize
      ? (await tokenize(connection, name, spelling, true, ended)).length === 1
      : (family?.markers.includes(spelling) ?? false);
  const found = await Promise.all(markers.map(isToken));
  const infill = tokenize ? await findInfill(name, isToken) : infillByName(name);
  const vocabulary = new RemoteVocabulary({
    tokenize: tokenize && ((text, special, signal) => tokenize(connection, name, text, special, signal)),
    alwaysReadsSpecial: protocol.alwaysReadsSpecial ?? false,
    eos: described.eos ?? family?.eos,
    infill,
    begin,
  });
  const info: LoadedModel = {
    name: shortName(name),
    path: name,
    demonstration: isDemonstration(name),
    architecture: family?.architecture ?? "",
    contextSize,
    kvCache: "f16",
    flashAttention: false,
    sequences,
    promptRate: assumedPromptRate,
    infill: infill !== undefined,
    device: "",
    gpuLayers: 0,
    layers: 0,
    devices: [],
    passedOver: [],
    markers: markers.filter((_, i) => found[i]),
    ...(!family && !isDemonstration(name) && { ownFormat: true }),
  };
  return { vocabulary, info };
}

async function findInfill(
  name: string,
  isToken: (spelling: string) => Promise<boolean>,
): Promise<InfillSpelling | undefined> {
  for (const spelling of possibleInfills(name)) {
    const { prefix, suffix, middle } = spelling;
    const are = await Promise.all([prefix, suffix, middle].map(isToken));
    if (are.every(Boolean)) return spelling;
  }
  return undefined;
}
