// What the model writes where nothing is done for it: its prompt ends at the cursor, and all that it answers is taken.

import manifest from "../package.json" with { type: "json" };
import type { CutCase } from "./cases.ts";
import { bundledModel } from "./product.ts";
import { runLlamaServer } from "./subject.ts";

/** About as much text as the product sends, in characters. */
const [longestPrefix, longestSuffix] = [3000, 800];
/** What the product writes at most. */
const maxTokens = manifest.contributes.configuration.properties["falcon.inlineCompletion.maxTokens"].default;

/** The answers of the bundled model to the cases, in their order, by llama-server. */
export async function naiveAnswers(cases: readonly CutCase[], program: string): Promise<string[]> {
  const server = await runLlamaServer(program, ["--model", bundledModel, "--threads", "2", "--ctx-size", "2048"]);
  try {
    const answers: string[] = [];
    for (const { path, prefix, suffix } of cases) {
      const around = `>>PREFIX<<>>SUFFIX<<${suffix.slice(0, longestSuffix)}`;
      const prompt = `${around}>>MIDDLE<<${path}\n${prefix.slice(-longestPrefix)}`;
      const body = JSON.stringify({ prompt, max_tokens: maxTokens, temperature: 0 });
      const response = await fetch(`${server.address}/v1/completions`, { method: "POST", body });
      if (!response.ok) throw new Error(`llama-server: ${await response.text()}`);
      const { choices } = (await response.json()) as { readonly choices: readonly { readonly text: string }[] };
      answers.push(choices[0]?.text ?? "");
    }
    return answers;
  } finally {
    await server.dispose();
  }
}
