// Takes the place of the engine's bundle in an installed extension, where the words of an answer matter and the model does
// not: a model process that answers with the lines of a file, FALCON_ANSWERS, one answer in JSON a line. The first one that is
// `to` words of the prompt is taken; without such the others follow one another, the last one again.
"use strict";

const fs = require("node:fs");

const info = {
  ...{ name: "Scripted Falcon3 Instruct", path: "", demonstration: false, architecture: "llama", contextSize: 32_768 },
  ...{ kvCache: "f16", flashAttention: false, sequences: 2, promptRate: 10000, infill: false, device: "CPU" },
  ...{ gpuLayers: 0, layers: 1, devices: [], passedOver: [], markers: ["<|system|>", "<|user|>", "<|assistant|>"] },
};
let asked = 0;

/** Words of the answer come one by one, so that it is seen to stream. */
async function generate({ priority, prompt, progressToken }, isCancelled) {
  const usage = { prompt: 1, reused: 0, generated: 1, accepted: 0, duration: 1 };
  if (priority !== "chat") return { text: "", alternatives: [], stopReason: "end", usage };
  const lines = fs.readFileSync(process.env.FALCON_ANSWERS, "utf8").trim().split("\n");
  const answers = lines.map((line) => JSON.parse(line));
  const words = prompt.filter((part) => typeof part === "string").join("");
  const others = answers.filter(({ to }) => to === undefined);
  const { text, pause = 0 } =
    answers.find(({ to }) => to !== undefined && words.includes(to)) ?? others[Math.min(asked++, others.length - 1)];
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
