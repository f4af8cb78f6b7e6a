// What is done before the extension host ends. Runs last: Falcon does not come back.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import process, { kill } from "node:process";

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
    const ids = [pid, ...modelProcesses()];
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

/** Model processes of the service that this window's server has found or started. */
function modelProcesses(): number[] {
  const lines = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" }).trim().split("\n");
  const processes = lines.map((line) => {
    const [pid, parent, ...args] = line.trim().split(/\s+/);
    return { pid: Number(pid), parent: Number(parent), command: args.join(" ") };
  });
  const services = processes.filter(({ command }) =>
    command.includes(`--folder=${process.env["FALCON_SERVICE_FOLDER"] ?? ""} `),
  );
  return processes
    .filter(({ parent, command }) => command.includes("engine.cjs") && services.some(({ pid }) => pid === parent))
    .map(({ pid }) => pid);
}
