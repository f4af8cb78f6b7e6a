// Asks a model file through node-llama-cpp itself, without any of our code: what the engine's text is compared with.

import { getLlama, LlamaLogLevel, type LlamaModel, type Token } from "node-llama-cpp";

/** Greedy text of `maxTokens` tokens after a prompt that the caller tokenizes. */
export async function askDirectly(
  modelPath: string,
  maxTokens: number,
  tokenize: (model: LlamaModel) => readonly (Token | null)[],
): Promise<string> {
  const llama = await getLlama({ gpu: false, build: "never", maxThreads: 1, logLevel: LlamaLogLevel.error });
  try {
    const model = await llama.loadModel({ modelPath });
    const context = await model.createContext({ contextSize: 2048, threads: 1 });
    const prompt = tokenize(model).filter((token) => token !== null);
    const generated: Token[] = [];
    for await (const token of context.getSequence().evaluate(prompt, { temperature: 0 })) {
      generated.push(token);
      if (generated.length === maxTokens) break;
    }
    return model.detokenize(generated);
  } finally {
    await llama.dispose();
  }
}

/** The tokens of a fill-in-the-middle prompt. */
export function infillTokens(prefix: string, suffix: string): (model: LlamaModel) => readonly (Token | null)[] {
  return (model) => {
    const { infill } = model.tokens;
    return [infill.prefix, ...model.tokenize(prefix), infill.suffix, ...model.tokenize(suffix), infill.middle];
  };
}
