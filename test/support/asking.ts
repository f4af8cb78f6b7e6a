// Asks a server in its chat.

import assert from "node:assert/strict";
import { CancellationTokenSource, type ResponseError } from "vscode-languageserver-protocol/node";

import { chatDelta, chatRequest, problemCode } from "../../src/shared/methods.ts";
import type { ChatResult, Message } from "../../src/shared/chat.ts";
import type { Problem } from "../../src/shared/status.ts";
import { childrenOf } from "./processes.ts";
import type { LspClient } from "./lspClient.ts";

export const question = (text: string): Message => ({ id: text, role: "user", text, attachments: [] });

/** Asks in the chat; `deltas` fills while the answer runs. */
export function ask(
  { connection }: LspClient,
  messages: readonly Message[],
  deltas: string[] = [],
  source = new CancellationTokenSource(),
): Promise<ChatResult> {
  const partialResultToken = crypto.randomUUID();
  connection.onProgress(chatDelta, partialResultToken, (delta) => {
    deltas.push(delta);
  });
  return connection.sendRequest(chatRequest, { messages, partialResultToken }, source.token);
}

/** What a request says that fails. */
export async function problemOf(request: Promise<unknown>): Promise<Problem> {
  try {
    await request;
  } catch (error) {
    const { code, data } = error as ResponseError<Problem>;
    assert.equal(code, problemCode, String(error));
    assert.ok(data);
    return data;
  }
  throw new Error("the request succeeded");
}

/** What a chat comes to: its stop reason, or the action of its problem. */
export async function outcomeOf(request: Promise<ChatResult>): Promise<string> {
  const problem = problemOf(request).catch(() => undefined);
  return (await problem)?.action ?? (await request).stopReason;
}

/** Id of a server's model process, its only child. */
export function modelProcessOf({ child }: LspClient): number {
  const [pid, ...more] = childrenOf(child.pid);
  assert.ok(pid !== undefined && more.length === 0, `${more.length + (pid === undefined ? 0 : 1)} model processes`);
  return pid;
}
