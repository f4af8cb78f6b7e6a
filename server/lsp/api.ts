// The requests that start and stop the HTTP server on the models.

import type { Connection } from "vscode-languageserver";

import { pageCodeRequest, startApiRequest, stopApiRequest } from "../../src/shared/methods.ts";
import { type Api, startApi } from "../http/apiServer.ts";
import type { Assistant } from "./assistant.ts";
import { apiParams, readParams } from "./params.ts";

export function registerApi(connection: Connection, assistant: Assistant, pages: string): void {
  let running: Promise<Api | undefined> = Promise.resolve(undefined);
  /** One after the other; `start` begins when nothing is served any more. */
  const replaceBy = (start: () => Promise<Api | undefined>) => {
    const replaced = running.then((api) => api?.stop()).then(start);
    // A start that failed has its own answer.
    running = replaced.catch(() => undefined);
    return replaced;
  };
  const stop = async () => {
    await replaceBy(() => Promise.resolve(undefined));
  };
  connection.onRequest(startApiRequest, (params) =>
    assistant.answer(async () => {
      const { port, token } = readParams(apiParams, params);
      const { models, metrics } = assistant;
      const log = (line: string) => connection.console.error(`local API: ${line}`);
      const api = await replaceBy(() =>
        startApi({ models, metrics, settings: () => assistant.settings, port, token, log, pages }),
      );
      return { address: api?.address ?? "" };
    }),
  );
  connection.onRequest(pageCodeRequest, () => assistant.answer(async () => (await running)?.issuePageCode() ?? null));
  connection.onRequest(stopApiRequest, () => assistant.answer(stop));
  assistant.endings.push(stop);
}
