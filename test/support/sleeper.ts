// A program with a model process, for tests that stop both as a machine does that sleeps: it prints the id of the model
// process, and then how its work ended.

import { modelFile } from "./models.ts";
import { ModelUnderTest } from "./modelUnderTest.ts";

const engine = new ModelUnderTest({ heartbeat: { interval: 1000, patience: 30, longestStep: 10_000 } });
const plan = { path: modelFile("slow"), contextSize: 2048, gpu: "off", threads: 1 } as const;
await engine.load({ plan });
const work = engine.generate(
  { priority: "chat", prompt: ["let boat = 1;\n".repeat(120)], maxTokens: 400, temperature: 0, stop: [] },
  () => undefined,
  new AbortController().signal,
);
console.log(engine.pid);
console.log(await work.then(({ stopReason }) => stopReason, String));
await engine.dispose();
