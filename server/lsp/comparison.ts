// Comparing models over the language server protocol.

import * as l10n from "@vscode/l10n";
import type { Connection } from "vscode-languageserver";

import { compareRequest, comparisonProgress } from "../../src/shared/comparison.ts";
import { modelRoles } from "../../src/shared/modelRoles.ts";
import { runComparison } from "../compare/runComparison.ts";
import type { CreateHost } from "../models/session/roleModels.ts";
import type { Grammars } from "../syntax/grammars.ts";
import { UserError } from "../userError.ts";
import { type Assistant, send, signalOf } from "./assistant.ts";
import { comparisonParams, readParams } from "./params.ts";

export function registerComparison(
  connection: Connection,
  assistant: Assistant,
  { createHost, grammars }: { readonly createHost: CreateHost; readonly grammars: Grammars },
): void {
  const end = new AbortController();
  let running: Promise<unknown> | undefined;
  assistant.endings.push(async () => {
    end.abort();
    await running?.catch(() => undefined);
  });
  connection.onRequest(compareRequest, (params, token) =>
    assistant.answer(async () => {
      const { partialResultToken, ...asked } = readParams(comparisonParams, params);
      if (running) throw new UserError(l10n.t("A comparison is running already. Stop it, or wait until it is done."));
      if (assistant.settings.readWorkspace !== true) {
        throw new UserError(
          l10n.t("This workspace is not trusted, so that its history is not read. Trust the workspace first."),
          { action: "manageTrust" },
        );
      }
      const comparison = runComparison(
        asked,
        {
          ...{ createHost, grammars, settings: assistant.settings },
          log: (line) => connection.console.log(line),
          isExcluded: (uri) => assistant.isExcluded(uri),
          isBusy: () => modelRoles.some((role) => assistant.models.session(role).queue > 0),
          onReport: (report) => send(() => connection.sendProgress(comparisonProgress, partialResultToken, report)),
        },
        AbortSignal.any([signalOf(token), end.signal]),
      );
      running = comparison;
      try {
        return await comparison;
      } finally {
        running = undefined;
      }
    }),
  );
}
