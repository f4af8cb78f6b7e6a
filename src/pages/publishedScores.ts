// The scores that Falcon models were published with: of the Open LLM Leaderboard's first version, and of code.

import type { PublishedScores } from "../shared/evaluationPage.ts";

export const publishedScores: readonly PublishedScores[] = [
  row("Falcon-7B", [47.87, 78.13, 27.79, 34.26], "https://huggingface.co/tiiuae/falcon-7b/discussions/94"),
  row(
    "Falcon-7B-Instruct",
    [46.16, 70.85, 25.84, 44.08],
    "https://huggingface.co/tiiuae/falcon-7b-instruct/discussions/108",
  ),
  row("Falcon-40B", [61.86, 85.28, 56.89, 41.65], "https://huggingface.co/blog/falcon2-11b"),
  row("Falcon2-11B", [59.73, 82.91, 58.37, 52.56], "https://huggingface.co/blog/falcon2-11b"),
  row("Falcon-Mamba-7B", [62.03, 80.82, 62.11, 53.42], "https://huggingface.co/blog/falconmamba"),
  row("Falcon-RW-1B", [35.07, 63.56, 25.28, 35.96], "https://huggingface.co/tiiuae/falcon-rw-1b/discussions/10"),
  ...humanEval(
    "https://github.com/tiiuae/Falcon-H1/blob/main/docs/evaluations.md",
    ["Falcon-H1-0.5B-Base", 35.98],
    ["Falcon-H1-1.5B-Base", 50],
    ["Falcon-H1-1.5B-Deep-Base", 52.44],
    ["Falcon-H1-3B-Base", 59.15],
    ["Falcon-H1-7B-Base", 67.68],
    ["Falcon-H1-34B-Base", 70.12],
    ["Falcon3-1B-Base", 10.37],
    ["Falcon3-3B-Base", 36.59],
    ["Falcon3-7B-Base", 50],
    ["Falcon3-10B-Base", 51.83],
  ),
  {
    model: "Falcon-H1-Tiny-Coder-90M",
    scores: { humaneval_random_span_infilling: 0.3096 },
    source: "https://tiiuae-tiny-h1-blogpost.hf.space",
  },
];

/** Those of the base models, which continue a function as the test has them do: the others were asked as in a chat. */
function humanEval(source: string, ...models: readonly (readonly [string, number])[]): PublishedScores[] {
  return models.map(([model, score]) => ({ model, scores: { humaneval: score / 100 }, source }));
}

function row(
  model: string,
  [arc, hellaSwag, mmlu, truthfulQa]: readonly [number, number, number, number],
  source: string,
): PublishedScores {
  const scores = {
    arc_challenge: arc / 100,
    hellaswag: hellaSwag / 100,
    mmlu: mmlu / 100,
    truthfulqa_mc2: truthfulQa / 100,
  };
  return { model, scores, source };
}
