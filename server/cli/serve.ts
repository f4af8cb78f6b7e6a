// `falcon serve`: the HTTP server on the models, until it is ended.

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import process from "node:process";

import { modelRoles } from "../../src/shared/modelRoles.ts";
import { shortestToken } from "../http/access.ts";
import { startApi } from "../http/apiServer.ts";
import { type Program, UsageError, useModels } from "./program.ts";

/** @param host the loopback unless given */
export async function runServe(port: number, host: string | undefined, program: Program): Promise<void> {
  const { models, metrics, settings, print, note, signal } = program;
  const given = process.env["FALCON_API_TOKEN"];
  if (given && given.length < shortestToken) {
    throw new UsageError(`FALCON_API_TOKEN must have ${shortestToken} characters or more.`);
  }
  const token = given || randomBytes(24).toString("base64url");
  useModels(models, settings, modelRoles);
  const log = (line: string) => note(`${line}\n`);
  const api = await startApi({
    models,
    metrics,
    settings: () => settings,
    token,
    port,
    log,
    pages: program.folder,
    ...(host !== undefined && { host }),
  });
  print(`address: ${api.address}/v1\n`);
  print(given ? "token:   that of FALCON_API_TOKEN\n" : `token:   ${token}\n`);
  print(`page:    ${api.address}/${given ? "" : `#token=${token}`}\n`);
  if (!signal.aborted) await once(signal, "abort");
  await api.stop();
}
