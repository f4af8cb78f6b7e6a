// A model process that hangs, and one whose parent is gone.

import assert from "node:assert/strict";
import { ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { EngineError, type GenerateRequest } from "../../server/engine/engine.ts";
import { modelFile } from "../support/models.ts";
import { ModelUnderTest } from "../support/modelUnderTest.ts";
import { isRunning, until } from "../support/processes.ts";

const modulePath = fileURLToPath(new URL("../../dist/engine.cjs", import.meta.url));
const request: GenerateRequest = { priority: "chat", prompt: ["let x"], maxTokens: 1900, temperature: 0, stop: [] };
const never = new AbortController().signal;

const deaths: string[] = [];
const engine = new ModelUnderTest({
  onDied: (reason) => deaths.push(reason),
  heartbeat: { interval: 1000, patience: 8, longestStep: 60_000 },
});
after(() => engine.dispose());

function load(into = engine) {
  const plan = { path: modelFile("slow"), contextSize: 2048, gpu: "off", threads: 1 } as const;
  return into.load({ plan });
}

test("a process that hangs is killed, as one that died, and the next load starts another", async () => {
  await load();
  const pid = engine.pid;
  const running = engine.generate(request, () => undefined, never);
  // It ignores SIGTERM now, as native code does that hangs.
  process.kill(pid, "SIGSTOP");
  await assert.rejects(
    running,
    (error: unknown) =>
      error instanceof EngineError && error.failure === "died" && error.message === "did not answer for 8 seconds",
  );
  assert.deepEqual(deaths, ["did not answer for 8 seconds"]);
  await load();
  assert.ok(!isRunning(pid));
  const { usage } = await engine.generate({ ...request, maxTokens: 2 }, () => undefined, never);
  assert.equal(usage.generated, 2);
});

test("a process that answers, but does not get on with a step, is killed", async () => {
  const reasons: string[] = [];
  const impatient = new ModelUnderTest({
    onDied: (reason) => reasons.push(reason),
    // To open the library alone takes longer.
    heartbeat: { interval: 5, patience: 10_000, longestStep: 5 },
  });
  const isHang = (error: unknown) =>
    error instanceof EngineError && error.failure === "died" && error.message === "made no progress for 0.005 seconds";
  try {
    await assert.rejects(load(impatient), isHang);
    assert.deepEqual(reasons, ["made no progress for 0.005 seconds"]);
  } finally {
    await impatient.dispose();
  }
});

test("a machine that sleeps finds its model process as it was", async () => {
  const program = fileURLToPath(new URL("../support/sleeper.ts", import.meta.url));
  const parent = spawn(process.execPath, [program], { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: parent.stdout })[Symbol.asyncIterator]();
  try {
    const pid = Number((await lines.next()).value);
    // In the middle of the prompt.
    await sleep(500);
    parent.kill("SIGSTOP");
    process.kill(pid, "SIGSTOP");
    // Longer than a step may take.
    await sleep(11_000);
    // It asks at once, while the step is as far as it was.
    parent.kill("SIGCONT");
    await sleep(200);
    process.kill(pid, "SIGCONT");
    assert.equal((await lines.next()).value, "limit");
  } finally {
    parent.kill("SIGKILL");
  }
});

test("a process that hangs is ended by dispose", async () => {
  await load();
  const pid = engine.pid;
  process.kill(pid, "SIGSTOP");
  await engine.dispose();
  assert.ok(!isRunning(pid));
});

test("a process that cannot be killed is named, and no other is started beside it until it is gone", async (context) => {
  const stuck = new ModelUnderTest({ endTime: 200 });
  await load(stuck);
  const { pid } = stuck;
  // As when it waits for a disk that does not answer.
  const { mock } = context.mock.method(ChildProcess.prototype, "kill", () => true);
  const notEnded = { failure: "notEnded", message: String(pid) };
  await assert.rejects(stuck.dispose(), notEnded);
  await assert.rejects(load(stuck), notEnded);
  assert.equal(stuck.pid, 0, "none was started");
  mock.restore();
  process.kill(pid, "SIGKILL");
  await load(stuck);
  assert.ok(!isRunning(pid));
  await stuck.dispose();
});

test("the heartbeat knows the memory of the process", async () => {
  const memory = () => engine.host.memory ?? 0;
  assert.equal(memory(), 0);
  await load();
  // The weights alone are 156 MB.
  assert.ok(memory() > 100e6 && memory() < 2e9, `${memory()} bytes`);
  await engine.dispose();
  assert.equal(memory(), 0);
});

test("a process whose main thread hangs ends when its parent is killed", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-hang-"));
  const preload = path.join(folder, "hang.cjs");
  fs.writeFileSync(
    preload,
    `if (require("node:worker_threads").isMainThread) setTimeout(() => { console.log(process.pid); for (;;); }, 500);`,
  );
  const parent = `require("node:child_process").fork(${JSON.stringify(modulePath)}, { execArgv: ["--require", ${JSON.stringify(preload)}] });`;
  const child = spawn(process.execPath, ["-e", parent], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const pid = Number(line);
  try {
    assert.ok(isRunning(pid));
    child.kill("SIGKILL");
    await until("the process is gone", () => !isRunning(pid));
  } finally {
    if (isRunning(pid)) process.kill(pid, "SIGKILL");
    fs.rmSync(folder, { recursive: true });
  }
});
