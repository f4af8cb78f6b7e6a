// The page "Evaluation": what it shows of runs, and two of them compared; in every theme and in a narrow panel.

import assert from "node:assert/strict";
import { test } from "node:test";

import { evaluationStrings } from "../../../src/pages/evaluationStrings.ts";
import { publishedScores } from "../../../src/pages/publishedScores.ts";
import type { EvaluationResult, EvaluationRun } from "../../../src/shared/evaluation.ts";
import type { EvaluationPageState } from "../../../src/shared/evaluationPage.ts";
import { findFaint } from "../contrast.ts";
import { findNameless } from "../names.ts";
import { type ThemeName, themes } from "../themes.ts";
import { assertFits, english, startPages } from "./openPages.ts";

const openPage = await startPages<EvaluationPageState>("evaluation", evaluationStrings(english));

function result(change: Partial<EvaluationResult> & Pick<EvaluationResult, "test">): EvaluationResult {
  return {
    ...{ score: 0.4567, standardError: 0.0499, questions: 100, cut: 0, device: "CPU", answersFile: "/a.jsonl" },
    subjects: [{ subject: change.test, score: 0.4567, questions: 100 }],
    settings: { model: "0123456789abcdef".repeat(4), contextSize: 2047 },
    ...change,
  };
}

function run(id: string, name: string, ...results: readonly EvaluationResult[]): EvaluationRun {
  const started = Date.UTC(2026, 10, 27, 18, 30);
  return { id, started, model: { path: `/${id}.gguf`, name }, data: "/data", tests: ["mmlu"], results };
}

const state: EvaluationPageState = {
  published: publishedScores,
  runs: [
    run(
      "a",
      "Falcon3 7B <b>",
      result({ test: "arc_challenge", cut: 3 }),
      result({
        test: "mmlu",
        subjects: [
          { subject: "high_school_biology", score: 0.5, questions: 20 },
          { subject: "law", score: 0.25, questions: 20 },
        ],
      }),
    ),
    run("b", "Falcon H1", result({ test: "mmlu", score: 0.5 }), result({ test: "hellaswag" })),
    run("c", "Falcon Mamba", result({ test: "arc_challenge" }), result({ test: "humaneval", cut: 2 })),
  ],
};

test("before anything is evaluated the page says how, and has the published scores with their sources", async () => {
  const { page, tell, complaints } = await openPage();
  await tell({ type: "state", state: { runs: [run("a", "A")], published: publishedScores } });
  assert.equal(await page.locator(".empty h2").textContent(), "Nothing has been evaluated yet");
  assert.equal(await page.locator(".bars").count(), 0);
  assert.equal(await page.locator("select").first().isVisible(), false);
  const links = page.locator("a[href^='https://']");
  assert.equal(await links.count(), publishedScores.length);
  assert.deepEqual(complaints, []);
});

test("each test has a chart of what was measured, then of what was published", async () => {
  const { page, tell } = await openPage({ width: 900 });
  await tell({ type: "state", state });
  assert.equal(await page.locator(".empty").isVisible(), false);
  assert.deepEqual(await page.locator(".bars caption").allTextContents(), [
    "ARC-Challenge",
    "HellaSwag",
    "MMLU",
    "HumanEval",
  ]);
  const mmlu = page.locator(".bars").nth(2);
  assert.deepEqual((await mmlu.locator("tbody th").allTextContents()).slice(0, 3), [
    "Falcon3 7B <b>measured here: 100 questions, standard error 5.0",
    "Falcon H1measured here: 100 questions, standard error 5.0",
    "Falcon-7Bpublished",
  ]);
  assert.deepEqual((await mmlu.locator("td:last-child").allTextContents()).slice(0, 3), ["45.7", "50.0", "27.8"]);
  assert.match(
    (await page.locator("p.note").first().textContent()) ?? "",
    /^Falcon3 7B <b>: 3 of 100 prompts did not fit/,
  );
  assert.equal(
    await page.locator("p.note").last().textContent(),
    "Falcon Mamba: 2 of 100 functions did not fit into the context, and count as wrong.",
  );
  const code = page.locator(".bars").nth(3);
  assert.deepEqual((await code.locator("tbody th").allTextContents()).slice(0, 2), [
    "Falcon Mambameasured here: 100 questions, standard error 5.0",
    "Falcon-H1-0.5B-Basepublished",
  ]);
  const details = page.locator("details", { hasText: "law" });
  await details.locator("summary").click();
  assert.match((await details.textContent()) ?? "", /high school biology50\.020/);
});

test("two models are compared where both have a test, and the outcome is said", async () => {
  const { page, tell } = await openPage({ width: 900 });
  await tell({ type: "state", state });
  const [first, second] = [page.locator("select").first(), page.locator("select").nth(1)];
  const names = async (list: typeof first) =>
    (await list.locator("option").allTextContents()).map((words) => words.split(" · ").slice(0, 2).join(" of "));
  assert.deepEqual(await names(first), [
    "ARC-Challenge of Falcon3 7B <b>",
    "ARC-Challenge of Falcon Mamba",
    "MMLU of Falcon3 7B <b>",
    "MMLU of Falcon H1",
  ]);
  await first.selectOption("mmlu b");
  assert.deepEqual(await names(second), ["MMLU of Falcon3 7B <b>"]);
  await page.getByRole("button", { name: "Compare" }).click();
  const said = await page.evaluate(() => window.posted.at(-1) as unknown);
  const compared = { test: "mmlu", first: "b", second: "a" } as const;
  assert.deepEqual(said, { type: "compare", ...compared });
  const outcome = {
    questions: 100,
    difference: -0.043,
    standardError: 0.031,
    pValue: 0.165,
    method: "mcnemar",
  } as const;
  await tell({ type: "state", state: { ...state, comparison: { ...compared, outcome } } });
  assert.match(
    (await page.getByRole("status").textContent()) ?? "",
    /On the 100 questions .* Falcon H1 has 4\.3 points in 100 more than Falcon3 7B <b>, with a standard error of 3\.1\. .* probability of 0\.17\. By McNemar/,
  );
  assert.equal(await first.inputValue(), "mmlu b", "what was chosen stays");
});

test("a page that opens again says which two its outcome is of, and says nothing of others", async () => {
  const { page, tell } = await openPage({ width: 900 });
  const outcome = { questions: 100, difference: 0.1, standardError: 0.03, pValue: 0.1, method: "mcnemar" } as const;
  const compared = { ...state, comparison: { test: "mmlu", first: "b", second: "a", outcome } } as const;
  await tell({ type: "state", state: compared });
  const [first, second] = [page.locator("select").first(), page.locator("select").nth(1)];
  assert.deepEqual([await first.inputValue(), await second.inputValue()], ["mmlu b", "mmlu a"]);
  const said = () => page.getByRole("status").textContent();
  assert.match((await said()) ?? "", /10\.0 points/);
  await first.selectOption("arc_challenge c");
  assert.equal(await said(), "");
  await tell({ type: "state", state: compared });
  assert.equal(await said(), "", "the same state says nothing new");
  assert.equal(await first.inputValue(), "arc_challenge c");
  await first.selectOption("mmlu b");
  await page.getByRole("button", { name: "Compare" }).click();
  await tell({ type: "state", state: compared });
  assert.match((await said()) ?? "", /10\.0 points/);
});

for (const theme of Object.keys(themes) as ThemeName[]) {
  test(`${theme}: it can be read, with nothing over the edge at 250 pixels`, async () => {
    const { page, tell, screenshot, complaints } = await openPage({ theme, width: 900, height: 1000 });
    await tell({ type: "state", state });
    await screenshot(`evaluation-${theme}`);
    assert.deepEqual(await findFaint(page), []);
    assert.deepEqual(await findNameless(page), []);
    await page.setViewportSize({ width: 250, height: 1700 });
    await screenshot(`evaluation-${theme}-250`);
    await assertFits(page);
    assert.deepEqual(complaints, []);
  });
}
