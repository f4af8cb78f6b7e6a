// Asks a model file through node-llama-cpp itself, without any of our code: what the engine's text is compared with.

import { getLlama, LlamaLogLevel, type LlamaModel, type Token, TokenBias } from "node-llama-cpp";

/** Tokens to begin with, and what the text after them begins with although it is no part of it. */
interface DirectPrompt {
  readonly tokens: readonly (Token | null)[];
  readonly begin: string;
}

/** Greedy text of `maxTokens` tokens after a prompt that the caller tokenizes. */
export async function askDirectly(
  modelPath: string,
  maxTokens: number,
  tokenize: (model: LlamaModel) => DirectPrompt | readonly (Token | null)[],
): Promise<string> {
  const llama = await getLlama({ gpu: false, build: "never", maxThreads: 1, logLevel: LlamaLogLevel.error });
  try {
    await using model = await llama.loadModel({ modelPath });
    const context = await model.createContext({ contextSize: 2048, threads: 1, flashAttention: false });
    const prompt = tokenize(model);
    const { tokens, begin } = "tokens" in prompt ? prompt : { tokens: prompt, begin: "" };
    const generated: Token[] = [];
    const free = TokenBias.for(model);
    const bound = TokenBias.for(model).set(tokensWith(model, begin), { logit: 1000 });
    const options = { temperature: 0, tokenBias: () => (generated.length === 0 ? bound : free) };
    const sequence = context.getSequence();
    for await (const token of sequence.evaluate(
      tokens.filter((each) => each !== null),
      options,
    )) {
      generated.push(token);
      if (generated.length === maxTokens) break;
    }
    return model.detokenize(generated).slice(begin.length);
  } finally {
    await llama.dispose();
  }
}

/** The tokens whose text begins so. */
function tokensWith(model: LlamaModel, begin: string): Token[] {
  return [...model.iterateAllTokens()].filter((token) => model.detokenize([token]).startsWith(begin));
}

/** The tokens of a fill-in-the-middle prompt. */
export function infillTokens(prefix: string, suffix: string): (model: LlamaModel) => readonly (Token | null)[] {
  return (model) => {
    const { infill } = model.tokens;
    return [infill.prefix, ...model.tokenize(prefix), infill.suffix, ...model.tokenize(suffix), infill.middle];
  };
}

/** The same with the line before the cursor in the middle, and its last token left for the model to write, or a longer one. */
export function healedInfill(prefix: string, suffix: string): (model: LlamaModel) => DirectPrompt {
  return (model) => {
    const lineStart = prefix.lastIndexOf("\n") + 1;
    const { tokens, begin } = healedPrefix(prefix.slice(lineStart))(model);
    return { tokens: [...infillTokens(prefix.slice(0, lineStart), suffix)(model), ...tokens], begin };
  };
}

/** A text without its last token, where other tokens begin with it. */
export function healedPrefix(text: string): (model: LlamaModel) => DirectPrompt {
  return (model) => {
    const tokens = model.tokenize(text);
    const begin = model.detokenize(tokens.slice(-1));
    const isHealed = !begin.includes("\n") && tokensWith(model, begin).length > 1;
    return isHealed ? { tokens: tokens.slice(0, -1), begin } : { tokens, begin: "" };
  };
}

/** The tokens of whole texts, with the one that the model's texts begin with. */
export async function tokenizeDirectly(modelPath: string, texts: readonly string[]): Promise<readonly Token[][]> {
  const llama = await getLlama({ gpu: false, build: "never", maxThreads: 1, logLevel: LlamaLogLevel.error });
  try {
    await using model = await llama.loadModel({ modelPath, vocabOnly: true });
    const { bos, shouldPrependBosToken } = model.tokens;
    const start = shouldPrependBosToken && bos !== null ? [bos] : [];
    return texts.map((text) => [...start, ...model.tokenize(text)]);
  } finally {
    await llama.dispose();
  }
}
