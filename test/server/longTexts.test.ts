// Long texts of one kind as attachments: each gets an answer or is told to be too long, and completions go on meanwhile.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import type { ResponseError } from "vscode-languageserver-protocol/node";

import { problemCode } from "../../src/shared/methods.ts";
import type { Message } from "../../src/shared/chat.ts";
import type { Problem } from "../../src/shared/status.ts";
import { ask } from "../support/asking.ts";
import { repetitions } from "../support/growth.ts";
import { LspClient } from "../support/lspClient.ts";
import { modelFile } from "../support/models.ts";

let client: LspClient | undefined;
afterEach(() => client?.stop());

function withAttachment(text: string): Message {
  const attachment = { id: "a", label: "a.txt", uri: "file:///a.txt", languageId: "text", text };
  return { id: "q", role: "user", text: "Why?", attachments: [attachment] };
}

/** What became of a question: an answer, or the problem's words. */
async function outcome(question: Message, on: LspClient): Promise<string> {
  try {
    return (await ask(on, [question])).stopReason;
  } catch (error) {
    const { code, data } = error as ResponseError<Problem>;
    assert.equal(code, problemCode, String(error));
    return data?.message ?? "";
  }
}

test("a long text of any kind is answered or too long, and completions go on beside it", async () => {
  const on = await LspClient.withModel(modelFile("falcon7b"));
  client = on;
  const uri = "file:///b.ts";
  const lines = Array.from({ length: 2_000 }, (_, i) => `let boat${i} = `);
  await on.open(uri, lines.join("\n"));
  let line = 0;
  let slowest = 0;
  for (const piece of [...repetitions, "é", "世", "🦅"]) {
    const state = { isAsked: true };
    const answered = outcome(withAttachment(`x${piece.repeat(99_000 / piece.length)}y`), on).finally(
      () => (state.isAsked = false),
    );
    do {
      const start = performance.now();
      await on.complete(uri, line, lines[line]?.length ?? 0);
      slowest = Math.max(slowest, performance.now() - start);
      line = (line + 1) % lines.length;
    } while (state.isAsked);
    const said = await answered;
    assert.ok(["end", "limit"].includes(said) || /tokens.* room for/.test(said), `${JSON.stringify(piece)}: ${said}`);
  }
  // A text that is read in one go, or by backtracking, holds up the completion beside it for as long as that takes.
  assert.ok(slowest < 5_000, `a completion took ${slowest} ms`);
});
