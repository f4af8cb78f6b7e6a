// What the status bar item shows, as a pure function of what holds.

import type { l10n } from "vscode";

import type { Completions } from "../completion/inlineCompletion.ts";
import { decimal } from "../models/decimal.ts";
import { type ModelRole, statusOf } from "../shared/modelRoles.ts";
import { plainName } from "../shared/plainText.ts";
import type {
  CompletionFigures,
  ModelInfo,
  ModelMetrics,
  ModelStatus,
  RemotePlace,
  ServerStatus,
} from "../shared/status.ts";
import type { StatusItemView } from "../surfaces.ts";

export type Localize = Pick<typeof l10n, "t">;

/** `language` names the active editor's language to the user. */
export function statusBarView(
  status: ServerStatus,
  completions: Completions,
  language: string,
  l10n: Localize,
): StatusItemView {
  const completion = modelView(statusOf(status, "completion"), l10n);
  const chat = status.chat && modelView(status.chat, l10n);
  const both = [completion, ...(chat ? [chat] : [])];
  // What needs the user comes before what will be well by itself.
  const shown = both.find(({ icon }) => icon === "error") ?? both.find(({ icon }) => icon !== undefined) ?? completion;
  const servers = new Set(both.flatMap(({ server }) => (server === undefined ? [] : [plainName(server)])));
  const tooltip = chat
    ? [...withRole("completion", completion.lines, l10n), ...withRole("chat", chat.lines, l10n)]
    : completion.lines;
  return {
    icon: shown.icon ?? (completions === "on" ? "zap" : "circle-slash"),
    text: textOf(servers, shown.text, l10n),
    tooltip: [...tooltip, ...(status.state === "ready" ? [describeCompletions(completions, language, l10n)] : [])],
    ...(shown.icon === "error" && { background: "error" }),
  };
}

/** What is to be said of one model; no icon where there is nothing to wait for. */
interface ModelView {
  readonly icon?: "error" | "loading~spin";
  readonly text: string;
  /** The server that its text goes to. */
  readonly server?: string;
  readonly lines: readonly string[];
}

function modelView(status: ModelStatus, l10n: Localize): ModelView {
  switch (status.state) {
    case "loading":
      return loadingView(status, l10n);
    case "failed":
      return { icon: "error", text: "Falcon", lines: [status.problem.message] };
    case "ready": {
      const lines = [
        describeModel(status.model, l10n),
        ...(status.model.remote ? [describeRemote(status.model.remote, l10n)] : []),
        ...(status.note === undefined ? [] : [status.note]),
        ...(status.model.demonstration ? [describeDemonstration(l10n)] : []),
        ...(status.model.fallback === undefined ? [] : [status.model.fallback]),
        describeMetrics(status.metrics, l10n),
        ...(status.preparing ? [describePreparing(l10n)] : []),
        ...(status.generating ? [l10n.t("Generating…")] : []),
        ...(status.unloaded ? [describeUnloaded(l10n)] : []),
      ];
      return {
        ...((status.generating || status.preparing) && { icon: "loading~spin" }),
        text: status.model.demonstration ? l10n.t("Falcon Demo") : "Falcon",
        ...(status.model.remote && { server: status.model.remote.name }),
        lines: lines.filter((line) => line !== ""),
      };
    }
  }
}

/** Text that leaves the machine is always in sight, whatever is to be said of the other model. */
function textOf(servers: ReadonlySet<string>, text: string, l10n: Localize): string {
  return servers.size > 0 ? l10n.t("Falcon on {0}", [...servers].join(", ")) : text;
}

function withRole(role: ModelRole, [first = "", ...more]: readonly string[], l10n: Localize): string[] {
  return [ofRole(role, first, l10n), ...more];
}

/** What is said of one of two models. */
export function ofRole(role: ModelRole, line: string, l10n: Localize): string {
  return role === "completion" ? l10n.t("Ghost text: {0}", line) : l10n.t("Chat: {0}", line);
}

/** The model in one line: name, context and device. */
export function describeModel(model: ModelInfo, l10n: Localize): string {
  const { name, contextSize, kvCache, device, gpuLayers, layers, remote } = model;
  if (remote) return l10n.t("{0}: {1} tokens of context, on {2}", plainName(name), contextSize, plainName(remote.name));
  if (device === "") return l10n.t("{0}: {1} tokens of context", plainName(name), contextSize);
  const isSplit = device !== "CPU" && gpuLayers < layers;
  const place = isSplit ? l10n.t("{0} ({1} of {2} layers)", device, gpuLayers, layers) : device;
  if (kvCache === "q8_0") {
    return l10n.t("{0}: {1} tokens of context in 8 bits, on {2}", plainName(name), contextSize, place);
  }
  return l10n.t("{0}: {1} tokens of context, on {2}", plainName(name), contextSize, place);
}

/** Where text goes that leaves this machine. */
export function describeRemote({ host, encrypted }: RemotePlace, l10n: Localize): string {
  return encrypted
    ? l10n.t("Text leaves this machine: it is sent to {0}", plainName(host))
    : l10n.t("Text leaves this machine: it is sent to {0}, not encrypted", plainName(host));
}

/** What is to be said of a demonstration model. */
export function describeDemonstration(l10n: Localize): string {
  return l10n.t("A small demonstration model. Choose a Falcon of your own for real work.");
}

/** Why a request may have to wait after the first load on a GPU. */
export function describePreparing(l10n: Localize): string {
  return l10n.t("Preparing the GPU: until that is done, an answer may take longer to begin");
}

/** What is to be said of a model at rest. */
export function describeUnloaded(l10n: Localize): string {
  return l10n.t("Not in memory: the next request loads the model");
}

/** How the model runs in one line, of what is known. */
export function describeMetrics(metrics: ModelMetrics, l10n: Localize): string {
  const { tokensPerSecond, firstToken, reused, memory } = metrics;
  const parts = [
    tokensPerSecond !== undefined && l10n.t("{0} tokens/s", decimal(tokensPerSecond, 1, l10n)),
    firstToken !== undefined && l10n.t("first token after {0} s", decimal(firstToken / 1000, 2, l10n)),
    reused !== undefined && l10n.t("{0}% of prompts reused", Math.round(reused * 100)),
    memory !== undefined && l10n.t("{0} MB of memory", Math.round(memory / 1e6)),
  ];
  return parts.filter((part) => part !== false).join(", ");
}

export function describeFigures({ shown, accepted, characters }: CompletionFigures, l10n: Localize): string {
  return l10n.t("Accepted {0} of {1} suggestions, {2} characters", accepted, shown, characters);
}

/** Nothing of what was not looked at yet. */
export function describeKept(figures: CompletionFigures, l10n: Localize): string {
  const { keptAfterHalfMinute, seenAfterHalfMinute, keptAfterFiveMinutes, seenAfterFiveMinutes } = figures;
  return [
    ...(seenAfterHalfMinute > 0
      ? [l10n.t("{0} of {1} kept after 30 s", keptAfterHalfMinute, seenAfterHalfMinute)]
      : []),
    ...(seenAfterFiveMinutes > 0 ? [l10n.t("{0} of {1} after 5 min", keptAfterFiveMinutes, seenAfterFiveMinutes)] : []),
  ].join(", ");
}

function loadingView(
  { model, progress, note }: ModelStatus & { readonly state: "loading" },
  l10n: Localize,
): ModelView {
  const percent = Math.floor(Math.min(Math.max(progress, 0), 1) * 100);
  const lines = [note ?? l10n.t("Falcon is loading {0}", plainName(model))];
  return { icon: "loading~spin", text: percent === 0 ? "Falcon" : `Falcon ${percent}%`, lines };
}

export function describeCompletions(completions: Completions, language: string, l10n: Localize): string {
  switch (completions) {
    case "on":
      return l10n.t("Inline completions are on");
    case "off":
      return l10n.t("Inline completions are off");
    case "offForFile":
      return l10n.t("Inline completions are off for this file: the setting {0} names it", "falcon.excludedFiles");
    case "offForLanguage":
      return l10n.t("Inline completions are off for {0}", language);
  }
}
