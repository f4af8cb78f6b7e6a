// Takes the place of the engine's bundle in an installed extension, where the words of an answer matter and the model does
// not: a model process that answers with the lines of a file, FALCON_ANSWERS, one answer in JSON a line, the last one again.
"use strict";

const fs = require("node:fs");

const info = {
  ...{ name: "Scripted Falcon Instruct", path: "", demonstration: false, architecture: "falcon", contextSize: 8192 },
  ...{ kvCache: "f16", flashAttention: false, sequences: 2, promptRate: 10000, infill: false, device: "CPU" },
  ...{ gpuLayers: 0, layers: 1, devices: [], passedOver: [], markers: [] },
};
let asked = 0;

/** Words of the answer come one by one, so that it is seen to stream. */
async function generate({ priority, progressToken }, isCancelled) {
  const usage = { prompt: 1, reused: 0, generated: 1, accepted: 0, duration: 1 };
  if (priority !== "chat") return { text: "", alternatives: [], stopReason: "end", usage };
  const answers = fs.readFileSync(process.env.FALCON_ANSWERS, "utf8").trim().split("\n");
  const { text, pause = 0 } = JSON.parse(answers[Math.min(asked++, answers.length - 1)]);
  let written = "";
  for (const piece of text.match(/\S*\s*/g)) {
    if (isCancelled()) return { text: written, alternatives: [], stopReason: "aborted", usage };
    written += piece;
    process.send({ jsonrpc: "2.0", method: "$/progress", params: { token: progressToken, value: piece } });
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  return { text, alternatives: [], stopReason: "end", usage };
}

const cancelled = new Set();
const methods = {
  load: ({ plan }) => ({ ...info, path: plan.path }),
  generate: (params, id) => generate(params, () => cancelled.has(id)),
  score: () => null,
  countTokens: ({ prompt }) => Math.ceil(prompt.join("").length / 4),
  prepared: () => null,
  unload: () => null,
  ping: () => ({ memory: process.memoryUsage.rss() }),
};

process.on("message", async ({ id, method, params }) => {
  if (method === "$/cancelRequest") cancelled.add(params.id);
  if (!Object.hasOwn(methods, method)) return;
  process.send({ jsonrpc: "2.0", id, result: await methods[method](params, id) });
});
process.on("disconnect", () => process.exit());
