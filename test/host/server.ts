// The language server's life: it comes back when killed, and refuses what is no model.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import process, { kill } from "node:process";

import { before, describe, it } from "mocha";
import { commands } from "vscode";

import type { TestApi } from "../../src/extension.ts";
import type { AnswerMessage } from "../../src/shared/chat.ts";
import { timesAsked } from "./completion.ts";
import { openEditor, readyFalcon, until } from "./falcon.ts";

describe("server", () => {
  let falcon: TestApi;

  before(async () => {
    falcon = await readyFalcon();
  });

  function answer(): AnswerMessage | undefined {
    return falcon.chat.conversation.messages.at(-1) as AnswerMessage | undefined;
  }

  function runningPid(): number {
    const { pid } = falcon.server;
    assert.ok(pid);
    return pid;
  }

  it("comes back when it is killed, with the documents and the conversation", async () => {
    const { document } = await openEditor("const words = [", "javascript", "end");
    falcon.chat.newChat();
    falcon.chatView.receive({ type: "send", request: 1, text: "Tell me a long story." });
    await until("the answer grows", () => answer()?.text !== "");
    const pid = runningPid();
    kill(pid, "SIGKILL");
    await until("the answer is interrupted", () => answer()?.state === "interrupted", 2000);
    assert.notEqual(answer()?.text, "");
    await until("another server runs", () => falcon.server.pid !== undefined && falcon.server.pid !== pid);
    await until("its model is ready", () => falcon.server.status.state === "ready");
    assert.ok(await timesAsked(document), "the open document completes again");
    falcon.chatView.receive({ type: "retry", request: 1 });
    await until("the answer is written again", () => answer()?.state === "streaming" && answer()?.text !== "");
    falcon.chat.stop();
  });

  it("answers what is asked while it starts", async () => {
    kill(runningPid(), "SIGKILL");
    await until("the death is known", () => falcon.server.pid === undefined);
    await assert.rejects(falcon.server.inspectModel("/nowhere/model.gguf"), /nowhere/);
  });

  it("answers after a restart what was asked before and during it", async () => {
    kill(runningPid(), "SIGKILL");
    await until("the death is known", () => falcon.server.pid === undefined);
    const before = assert.rejects(falcon.server.inspectModel("/nowhere/before.gguf"), /before/);
    const restarted = falcon.server.restart();
    const during = assert.rejects(falcon.server.inspectModel("/nowhere/during.gguf"), /during/);
    await Promise.all([before, during, restarted]);
    const again = falcon.server.restart();
    await assert.rejects(falcon.server.inspectModel("/nowhere/again.gguf"), /again/);
    await again;
  });

  it("restarts on command", async () => {
    await until("a server runs", () => falcon.server.pid !== undefined);
    const pid = runningPid();
    await commands.executeCommand("falcon.restartServer");
    assert.notEqual(runningPid(), pid);
    assert.throws(() => kill(pid, 0), "the old process is gone");
    await until("its model is ready", () => falcon.server.status.state === "ready");
  });

  it("is restarted once by two who ask at the same time", async () => {
    await Promise.all([falcon.server.restart(), falcon.server.restart()]);
    const processes = execFileSync("ps", ["-eo", "ppid=,args="], { encoding: "utf8" }).split("\n");
    const servers = processes.filter((line) => Number.parseInt(line) === process.pid && line.includes("server.cjs"));
    assert.equal(servers.length, 1, servers.join("\n"));
    await until("its model is ready", () => falcon.server.status.state === "ready");
  });

  it("is given up when it dies again and again, until it is restarted", async () => {
    while (falcon.server.status.state !== "failed") {
      const { pid } = falcon.server;
      if (pid !== undefined) kill(pid, "SIGKILL");
      await until("the death is known", () => falcon.server.pid !== pid || falcon.server.status.state === "failed");
    }
    assert.equal(falcon.server.status.problem.action, "restartServer");
    await assert.rejects(falcon.server.inspectModel("/nowhere/model.gguf"), /not running/);
    await commands.executeCommand("falcon.restartServer");
    await until("its model is ready", () => falcon.server.status.state === "ready");
  });

  it("names the file that is no model", async () => {
    await assert.rejects(falcon.server.inspectModel(__filename), /index\.cjs/);
    await until("the model still works", () => falcon.server.status.state === "ready");
  });
});
