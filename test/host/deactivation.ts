// What is done before the extension host ends. Runs last: Falcon does not come back.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import { kill } from "node:process";

import { describe, it } from "mocha";
import { extensions } from "vscode";

import { extensionId, readyFalcon, until } from "./falcon.ts";

describe("deactivation", () => {
  it("ends the running answer, the server and its model process before it resolves", async () => {
    const falcon = await readyFalcon();
    falcon.chat.newChat();
    falcon.chatView.receive({ type: "send", request: 1, text: "Tell me a long story." });
    const answer = () => falcon.chat.conversation.messages.at(-1);
    await until("the answer grows", () => answer()?.text !== "");
    const { pid } = falcon.server;
    assert.ok(pid);
    const ids = [pid, ...childrenOf(pid)];
    assert.equal(ids.length, 2, "a server and its model process run");
    await deactivate();
    for (const id of ids) assert.throws(() => kill(id, 0), { code: "ESRCH" });
    const message = answer();
    assert.ok(message?.role === "assistant");
    assert.equal(message.state, "interrupted");
  });
});

/** Calls what VS Code calls: the module is loaded once in this process. */
async function deactivate(): Promise<void> {
  const folder = extensions.getExtension(extensionId)?.extensionPath ?? "";
  const module = createRequire(__filename)(path.join(folder, "dist/extension.cjs")) as {
    deactivate: () => Promise<void>;
  };
  await module.deactivate();
}

function childrenOf(parent: number): number[] {
  const lines = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" }).trim().split("\n");
  const processes = lines.map((line) => line.trim().split(/\s+/));
  return processes
    .filter(([, ppid, ...args]) => Number(ppid) === parent && args.join(" ").includes("engine.cjs"))
    .map(([pid]) => Number(pid));
}
