// The words of the page "Performance" in the user's language.

import type { l10n } from "vscode";

import type { PerformanceStrings } from "../shared/performance.ts";
import { plotStrings } from "./plotStrings.ts";

/** Named in each file with texts: `@vscode/l10n-dev` finds those of an imported `l10n` alone. */
type Localize = Pick<typeof l10n, "t">;

export function performanceStrings(l10n: Localize): PerformanceStrings {
  return {
    plot: plotStrings(l10n),
    title: l10n.t("Performance"),
    description: l10n.t("The last hour of this window, measured on this machine."),
    kinds: { completion: l10n.t("Inline completions"), chat: l10n.t("Chat and edits") },
    columns: {
      kind: l10n.t("Use"),
      requests: l10n.t("Requests"),
      tokensPerSecond: l10n.t("Tokens/s"),
      firstToken: l10n.t("First token"),
      duration: l10n.t("Latency"),
      reused: l10n.t("Reused"),
    },
    tokensPerSecond: l10n.t("Tokens per second"),
    firstToken: l10n.t("Time to the first token"),
    duration: l10n.t("Latency: time to the whole text"),
    reused: l10n.t("Part of prompts that was not evaluated again"),
    acceptance: l10n.t("Accepted suggestions, over five minutes"),
    accepted: l10n.t("Accepted"),
    time: l10n.t("Time"),
    emptyTitle: l10n.t("Nothing has been measured yet"),
    emptyText: l10n.t("Figures appear here as soon as Falcon completes a line or answers a question in this window."),
  };
}
