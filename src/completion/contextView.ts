// What the document of “Show Completion Context” says, as a pure function of the report.

import type { l10n } from "vscode";

import type { ChunkVerdict, CompletionContextReport } from "../shared/completionContext.ts";
import { plainText } from "../shared/plainText.ts";

type Localize = Pick<typeof l10n, "t">;

export function describeContext(report: CompletionContextReport | null, l10n: Localize): string {
  if (!report) return `${l10n.t("No completion was asked for yet.")}\n`;
  const { path, budget, tokens, milliseconds, chunks } = report;
  if (budget === 0)
    return `${l10n.t("No text of other files: the model's context is too small for it, or the model reads too slowly.")}\n`;
  const used = chunks.filter(({ verdict }) => verdict === "used");
  const leftOut = chunks.filter(({ verdict }) => verdict !== "used");
  return [
    `# ${titleOf(path, l10n)}`,
    l10n.t("{0} of {1} tokens, chosen in {2} ms", tokens, budget, milliseconds.toFixed(1)),
    report.providers.map((provider) => describeProvider(provider, l10n)).join("\n"),
    `## ${l10n.t("In the prompt")}`,
    ...(used.length === 0 ? [l10n.t("Nothing: no other place was alike enough.")] : []),
    ...used.flatMap((chunk) => [`### ${describeChunk(chunk, l10n)}`, fenced(chunk.text ?? "")]),
    `## ${l10n.t("Left out")}`,
    leftOut.length === 0
      ? l10n.t("Nothing")
      : leftOut.map((chunk) => `- ${describeChunk(chunk, l10n)}: ${reasonOf(chunk.verdict, l10n)}`).join("\n"),
    "",
  ].join("\n\n");
}

function titleOf(path: string, l10n: Localize): string {
  if (path === "") return l10n.t("Completion in a document of no folder");
  return l10n.t("Completion in {0}", plainText(path));
}

function describeProvider(
  { name, chunks, milliseconds, failure }: CompletionContextReport["providers"][number],
  l10n: Localize,
): string {
  const cost = l10n.t("{0}: {1} chunks in {2} ms", nameOf(name, l10n), chunks, milliseconds.toFixed(1));
  return failure === undefined ? `- ${cost}` : `- ${cost} (${describeFailure(failure, l10n)})`;
}

function nameOf(provider: string, l10n: Localize): string {
  switch (provider) {
    case "visited":
      return l10n.t("open and recent files");
    case "imports":
      return l10n.t("imported files");
    case "counterparts":
      return l10n.t("files of like name");
    case "index":
      return l10n.t("index of the workspace");
    default:
      return plainText(provider);
  }
}

function describeFailure(failure: string, l10n: Localize): string {
  switch (failure) {
    case "busy":
      return l10n.t("busy with an earlier request");
    case "late":
      return l10n.t("too late");
    case "building":
      return l10n.t("still being built");
    case "cancelled":
      return l10n.t("another key came");
    default:
      return plainText(failure);
  }
}

function describeChunk(
  { provider, path, line, score, tokens }: CompletionContextReport["chunks"][number],
  l10n: Localize,
): string {
  const place = `${plainText(path)}:${line + 1}`;
  const name = nameOf(provider, l10n);
  return tokens === undefined
    ? l10n.t("{0} ({1}), score {2}", place, name, score.toFixed(2))
    : l10n.t("{0} ({1}), score {2}, {3} tokens", place, name, score.toFixed(2), tokens);
}

function reasonOf(verdict: ChunkVerdict, l10n: Localize): string {
  switch (verdict) {
    case "used":
      return "";
    case "unlike":
      return l10n.t("too little of what the text around the cursor is about");
    case "known":
      return l10n.t("the text around the cursor, or a better chunk, says the same");
    case "tooMany":
      return l10n.t("others are better");
    case "tooLong":
      return l10n.t("no room for so many tokens");
  }
}

/** In a fence that the text cannot end. */
function fenced(text: string): string {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}\n${text.replace(/\n?$/, "\n")}${fence}`;
}
