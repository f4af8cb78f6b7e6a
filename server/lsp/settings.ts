// What a client sends as options and settings: checked, with a default for what it leaves out or gets wrong.

import path from "node:path";
// Valibot: typed results, no dependency, and no more in the bundle than what is used (MIT).
import * as v from "valibot";

import { secretFiles } from "../../src/shared/excludedFiles.ts";
import type { CandidateSettings } from "../../src/shared/comparison.ts";
import type { InitializationOptions, RemoteServer, ServerSettings } from "../../src/shared/serverSettings.ts";
import { modelRoles } from "../../src/shared/modelRoles.ts";
import { keyVariable } from "../serverKey.ts";

const count = (most: number, least = 0) => v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));

/** Each property with its default, as package.json has it; a property without one is absent unless given. */
const model = {
  path: v.optional(v.string(), ""),
  contextSize: v.optional(count(2 ** 22, 1), 4096),
  gpu: v.optional(v.picklist(["auto", "metal", "vulkan", "cuda", "off"]), "auto"),
  threads: v.optional(count(1024), 0),
  idleUnloadMinutes: v.exactOptional(v.pipe(v.number(), v.minValue(0), v.maxValue(1_000_000))),
  gpuLayers: v.exactOptional(count(100_000)),
  kvCache: v.exactOptional(v.picklist(["auto", "f32", "f16", "q8_0"])),
  adapters: v.exactOptional(
    v.record(v.string(), v.array(v.object({ path: v.string(), scale: v.pipe(v.number(), v.finite()) }))),
  ),
  promptCache: v.exactOptional(v.object({ folder: v.string(), keep: v.boolean() })),
  measurements: v.exactOptional(absolutePath()),
  shared: v.optional(v.boolean(), true),
};
const byLanguage = v.record(v.string(), v.boolean());
const infillOrder = v.picklist(["auto", "prefixFirst", "suffixFirst", "none"]);
/** Of a model in a comparison, in the place of the user's. */
export const candidateSettings: v.GenericSchema<unknown, CandidateSettings> = v.strictObject({
  contextSize: model.contextSize.wrapped,
  infill: v.exactOptional(infillOrder),
  snippets: v.exactOptional(count(8)),
});
const inlineCompletion = {
  debounce: v.optional(count(60_000), 75),
  maxTokens: v.optional(count(65_536, 1), 96),
  timeLimit: v.optional(count(60_000), 200),
  suggestions: v.optional(v.picklist(["eager", "balanced", "quiet", "onCommand"]), "balanced"),
  comments: v.exactOptional(byLanguage),
  strings: v.exactOptional(byLanguage),
  onBattery: v.exactOptional(v.boolean()),
  infill: v.exactOptional(infillOrder),
  snippets: v.exactOptional(count(8)),
  model: v.exactOptional(v.string()),
  backend: v.exactOptional(v.pipe(v.string(), v.trim())),
};
const chat = {
  maxTokens: v.optional(count(4_194_304, 1), 1024),
  temperature: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(10)), 0.1),
  model: v.exactOptional(v.string()),
  backend: v.exactOptional(v.pipe(v.string(), v.trim())),
};
const word = v.pipe(v.string(), v.trim(), v.minLength(1));
const server = v.object({
  name: word,
  address: v.pipe(v.string(), v.trim()),
  kind: v.picklist(["llama-server", "vllm", "openai", "tgi", "endpoint"]),
  model: v.exactOptional(word),
});
const openTelemetry = { endpoint: v.exactOptional(v.string()) };
const models = {
  folder: v.exactOptional(absolutePath()),
  createFolder: v.exactOptional(v.boolean()),
  hub: v.exactOptional(v.string()),
  cudaFolder: v.exactOptional(absolutePath()),
  registry: v.exactOptional(v.string()),
};
const network = {
  proxy: v.exactOptional(v.string()),
  noProxy: v.exactOptional(v.array(v.string())),
  proxyAuthorization: v.exactOptional(v.string()),
  strictSsl: v.exactOptional(v.boolean()),
  systemCertificates: v.exactOptional(v.boolean()),
};

/**
 * The settings of a client. What is wrong is told to `warn` and taken for not given, so that one wrong value does not turn
 * the assistant off.
 */
export function readSettings(given: unknown, warn: (message: string) => void): ServerSettings {
  const section = recordOf(given, "settings", warn);
  const group = <E extends v.ObjectEntries>(name: string, entries: E) =>
    readGroup(name, entries, recordOf(section[name], `settings.${name}`, warn), warn);
  return {
    model: group("model", model),
    inlineCompletion: group("inlineCompletion", inlineCompletion),
    chat: group("chat", chat),
    ...readBackend(section, warn),
    ...(section["models"] !== undefined && { models: group("models", models) }),
    ...(section["network"] !== undefined && { network: group("network", network) }),
    ...(section["openTelemetry"] !== undefined && { openTelemetry: group("openTelemetry", openTelemetry) }),
    excludedFiles: readExcludedFiles(section["excludedFiles"], warn),
    ...(section["readWorkspace"] !== undefined && { readWorkspace: section["readWorkspace"] === true }),
  };
}

/** `initializationOptions`, which a client may leave out. */
export function readOptions(given: unknown, warn: (message: string) => void): InitializationOptions {
  const { settings, messages, load } = recordOf(given, "initializationOptions", warn);
  const bundle = v.safeParse(v.record(v.string(), v.string()), messages);
  if (messages !== undefined && !bundle.success) warn("initializationOptions.messages is no record of strings.");
  const roles = v.safeParse(v.array(v.picklist(modelRoles)), load);
  if (load !== undefined && !roles.success) warn("initializationOptions.load is no array of roles.");
  return {
    settings: readSettings(settings, warn),
    ...(bundle.success && { messages: bundle.output }),
    ...(roles.success && { load: roles.output }),
  };
}

const folders = v.object({
  workspaceFolders: v.fallback(v.nullish(v.array(v.object({ uri: v.string() }))), null),
  rootUri: v.fallback(v.nullish(v.string()), null),
});

/** The URIs of the workspace folders that `initialize` names, in the one way or in the older one. */
export function readFolders(params: unknown): readonly string[] {
  const { workspaceFolders, rootUri } = v.parse(folders, params);
  if (workspaceFolders) return workspaceFolders.map(({ uri }) => uri);
  return rootUri ? [rootUri] : [];
}

function absolutePath() {
  return v.pipe(
    v.string(),
    v.check((file) => path.isAbsolute(file), "must be an absolute path"),
  );
}

/** A server that is wrong is left out, with the reason, and the others stay. */
function readBackend(
  { backend, servers }: Readonly<Record<string, unknown>>,
  warn: (message: string) => void,
): Pick<ServerSettings, "backend" | "servers" | "wrongServers"> {
  if (backend !== undefined && typeof backend !== "string") warn("settings.backend is no string.");
  const wrong: Record<string, string> = {};
  const read: RemoteServer[] = [];
  for (const [i, each] of listOf(servers, warn).entries()) {
    const result = v.safeParse(server, each);
    const issues = result.success ? clashOf(result.output, read) : result.issues.map(issueText);
    if (result.success && issues.length === 0) read.push(result.output);
    for (const issue of issues) warn(`settings.servers[${i}].${issue}`);
    const named = v.safeParse(v.object({ name: word }), each);
    if (named.success && issues.length > 0) wrong[named.output.name] = issues.join("; ");
  }
  return {
    ...(typeof backend === "string" && { backend: backend.trim() }),
    ...(read.length > 0 && { servers: read }),
    ...(Object.keys(wrong).length > 0 && { wrongServers: wrong }),
  };
}

function listOf(servers: unknown, warn: (message: string) => void): readonly unknown[] {
  if (Array.isArray(servers)) return servers;
  if (servers !== undefined) warn("settings.servers is no array.");
  return [];
}

function clashOf({ name }: RemoteServer, others: readonly RemoteServer[]): readonly string[] {
  if (!others.some((other) => keyVariable(other.name) === keyVariable(name))) return [];
  return ["name: another server has this name, or one so like it that both take their key from one variable"];
}

function issueText(issue: v.BaseIssue<unknown>): string {
  return `${v.getDotPath(issue) ?? ""}: ${issue.message}`;
}

function readExcludedFiles(given: unknown, warn: (message: string) => void): readonly string[] {
  const result = v.safeParse(
    v.optional(v.array(v.string()), () => [...secretFiles]),
    given,
  );
  if (result.success) return result.output;
  warn("settings.excludedFiles is no array of strings.");
  return secretFiles;
}

function readGroup<E extends v.ObjectEntries>(
  name: string,
  entries: E,
  given: Readonly<Record<string, unknown>>,
  warn: (message: string) => void,
): v.InferOutput<v.ObjectSchema<E, undefined>> {
  const schema = v.object(entries);
  const result = v.safeParse(schema, given);
  if (result.success) return result.output;
  const wrong = new Set(result.issues.map(({ path }) => String(path?.[0].key)));
  for (const issue of result.issues) warn(`settings.${name}.${v.getDotPath(issue) ?? ""}: ${issue.message}`);
  return v.parse(schema, Object.fromEntries(Object.entries(given).filter(([key]) => !wrong.has(key))));
}

function recordOf(given: unknown, name: string, warn: (message: string) => void): Readonly<Record<string, unknown>> {
  if (given === undefined || given === null) return {};
  if (typeof given === "object" && !Array.isArray(given)) return given as Readonly<Record<string, unknown>>;
  warn(`${name} is no object.`);
  return {};
}
