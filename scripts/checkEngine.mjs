// Loads the model of its argument and lets it write one token. Packaging runs a copy of this beside the packed engine.

import { argv } from "node:process";
import { getLlama } from "node-llama-cpp";

const llama = await getLlama({ gpu: false, build: "never", maxThreads: 1, logLevel: "error" });
const model = await llama.loadModel({ modelPath: argv[2] });
const context = await model.createContext({ contextSize: 256, threads: 1 });
const tokens = context.getSequence().evaluate(model.tokenize("const falcon = "));
const { value } = await tokens.next();
await llama.dispose();
if (typeof value !== "number") throw new Error("The packed engine writes nothing.");
