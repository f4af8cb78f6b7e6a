// `npm run bench:typing [-- --server PATH] [--peers tuned,shipped] [--traces 3] [--keys 360] [--seed 1] [--without STEP,…]
//     [--model FILE] [--threads 2] [--infill prefixFirst]`
// How ghost text keeps up with someone who types, through the language server, and in turn with llama.vscode's requests to
// llama-server, where its path is given: the same held-out files, model, threads and context.

import { parseArgs } from "node:util";

import { buildExtension } from "../scripts/vsix.ts";
import { bundledModel } from "./product.ts";
import { startLlamaVscode } from "./typing/llamaVscode.ts";
import { type Completer, type Measured, typeTrace } from "./typing/measure.ts";
import { startProductCompleter } from "./typing/productCompleter.ts";
import { toText } from "./typing/report.ts";
import { makeTraces } from "./typing/trace.ts";

const { values: options } = parseArgs({
  options: {
    server: { type: "string" },
    peers: { type: "string", default: "tuned,shipped" },
    model: { type: "string", default: bundledModel },
    threads: { type: "string", default: "2" },
    traces: { type: "string", default: "3" },
    keys: { type: "string", default: "360" },
    seed: { type: "string", default: "1" },
    without: { type: "string", default: "" },
    infill: { type: "string", default: "auto" },
  },
});

/** What the bundled model was trained on. */
const contextSize = 2048;
const threads = Number(options.threads);
const { model, without, infill } = options;

await buildExtension();
const completers: Completer[] = [];
try {
  completers.push(await startProductCompleter({ model, without, threads, infill }));
  if (options.server !== undefined) {
    for (const setUp of ["tuned", "shipped"] as const) {
      if (!options.peers.split(",").includes(setUp)) continue;
      completers.push(await startLlamaVscode({ program: options.server, model, threads, contextSize, setUp }));
    }
  }
  const measured = new Map<string, Measured[]>(completers.map(({ name }) => [name, []]));
  for (const trace of makeTraces(Number(options.traces), Number(options.seed))) {
    console.log(`${trace.file.package} ${trace.file.path}`);
    for (const completer of completers) {
      measured.get(completer.name)?.push(await typeTrace(completer, trace, Number(options.keys)));
    }
  }
  console.log(`\n${toText(measured)}`);
} finally {
  for (const completer of completers) await completer.dispose();
}
