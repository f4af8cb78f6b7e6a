// What the status bar item shows, as a pure function of what holds.

import type { l10n } from "vscode";

import type { ModelInfo, ServerStatus } from "./shared/protocol.ts";

export type Localize = Pick<typeof l10n, "t">;

/** Whether ghost text is written in the active editor: "offForLanguage" when only its language has it switched off. */
export type Completions = "on" | "off" | "offForLanguage";

export interface StatusBarView {
  readonly text: string;
  readonly tooltip: string;
  readonly background?: "warning" | "error";
}

/** `language` names the active editor's language to the user. */
export function statusBarView(
  status: ServerStatus,
  completions: Completions,
  language: string,
  l10n: Localize,
): StatusBarView {
  switch (status.state) {
    case "noModel":
      return {
        text: `$(warning) ${l10n.t("Falcon: No Model")}`,
        tooltip: l10n.t("Falcon has no model yet. Click to choose a model file."),
        background: "warning",
      };
    case "loading":
      return loadingView(status.model, status.progress, l10n);
    case "failed":
      return { text: "$(error) Falcon", tooltip: status.problem.message, background: "error" };
    case "ready": {
      const icon = status.generating ? "$(loading~spin)" : completions === "on" ? "$(zap)" : "$(circle-slash)";
      const lines = [
        describeModel(status.model, l10n),
        ...(status.generating ? [l10n.t("Generating…")] : []),
        describeCompletions(completions, language, l10n),
      ];
      return { text: `${icon} Falcon`, tooltip: lines.join("\n") };
    }
  }
}

/** The model in one line: name, context and device. */
export function describeModel({ name, contextSize, device }: ModelInfo, l10n: Localize): string {
  return l10n.t("{0}: {1} tokens of context, on {2}", name, contextSize, device);
}

function loadingView(model: string, progress: number, l10n: Localize): StatusBarView {
  const percent = Math.floor(Math.min(Math.max(progress, 0), 1) * 100);
  const tooltip = l10n.t("Falcon is loading {0}", model);
  if (percent === 0) return { text: "$(loading~spin) Falcon", tooltip };
  return { text: `$(loading~spin) Falcon ${percent}%`, tooltip };
}

function describeCompletions(completions: Completions, language: string, l10n: Localize): string {
  switch (completions) {
    case "on":
      return l10n.t("Inline completions are on");
    case "off":
      return l10n.t("Inline completions are off");
    case "offForLanguage":
      return l10n.t("Inline completions are off for {0}", language);
  }
}
