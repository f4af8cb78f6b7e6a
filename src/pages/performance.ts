// "Show Performance": how fast the models answered in the last hour, as plots that go on while they can be seen.

import { l10n } from "vscode";

import type { ServerClient } from "../server/client.ts";
import { performanceRequest } from "../shared/methods.ts";
import type { PerformanceHistory } from "../shared/performance.ts";
import { PagePanel, type PanelDependencies } from "./pagePanel.ts";
import { performanceStrings } from "./performanceStrings.ts";

/** Milliseconds. */
const refreshes = 2_000;

export function performancePanel(
  dependencies: PanelDependencies,
  server: Pick<ServerClient, "ask">,
): PagePanel<PerformanceHistory> {
  return new PagePanel(dependencies, {
    name: "performance",
    title: l10n.t("Falcon Performance"),
    strings: performanceStrings(l10n),
    state: () => server.ask(performanceRequest),
    refreshes,
  });
}
