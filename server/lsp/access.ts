// The way to the network and the hub, as a client's settings have it.

import { aborted } from "node:util";
import type { Connection } from "vscode-languageserver";

import { hubTokenRequest } from "../../src/shared/methods.ts";
import { openHub } from "../models/download/hub.ts";
import type { Access } from "../models/download/openAddress.ts";
import { openNetwork } from "../network.ts";
import type { Assistant } from "./assistant.ts";

/** Lets something use both as the settings have them now. */
export async function withAccess<T>(
  connection: Connection,
  assistant: Assistant,
  signal: AbortSignal,
  use: (access: Access, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { models = {}, network: settings } = assistant.settings;
  const hub = openHub(models, () => askToken(connection, signal));
  const network = await openNetwork(settings);
  try {
    return await use({ network, hub }, signal);
  } finally {
    await network.close();
  }
}

/** A client that knows nothing of tokens has none. One that asks its user meanwhile is not waited for once that is of no use. */
async function askToken(connection: Connection, signal: AbortSignal): Promise<string | undefined> {
  const asked = connection.sendRequest(hubTokenRequest).catch(() => undefined);
  const token = await Promise.race([asked, aborted(signal, asked)]);
  signal.throwIfAborted();
  return token ?? undefined;
}
