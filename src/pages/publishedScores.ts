// The scores of the Open LLM Leaderboard's first version that Falcon models were published with.

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
];

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
