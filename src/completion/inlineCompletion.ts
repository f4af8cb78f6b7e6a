// Stands between the editor and the server for ghost text: the switch, and quiet failures.

import { CancellationError, type LogOutputChannel } from "vscode";
import type { Middleware } from "vscode-languageclient/node";

import type { Settings } from "../settings.ts";

export function inlineCompletionMiddleware(settings: Settings, log: LogOutputChannel): Middleware {
  return {
    async provideInlineCompletionItems(document, position, context, token, next) {
      if (!settings.completionsEnabled(document)) return undefined;
      try {
        return await next(document, position, context, token);
      } catch (error) {
        // A rejection would reach the user once per key.
        if (!(error instanceof CancellationError)) log.error(error instanceof Error ? error : String(error));
        return undefined;
      }
    },
  };
}
