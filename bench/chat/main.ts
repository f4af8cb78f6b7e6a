// `npm run bench:chat`
// The chat page in Chromium: how long a chat of 1,000 messages takes to open, and how evenly frames come, and how much of
// the processor's time each token takes, while an answer of 10,000 tokens is written.

import { env } from "node:process";

import { findChromium } from "../../scripts/chromium.ts";
import {
  type ChatPage,
  answerMessage,
  deltaMessage,
  launchPages,
  processorTime,
  stateMessage,
  userMessage,
} from "../../test/webview/page.ts";

const messages = 1_000;
const runs = 5;
const tokens = 10_000;
const tokensPerPart = 1_000;
/** Faster than any model here writes. */
const tokensPerSecond = 1_000;
/** Milliseconds; 60 frames a second have 16.7. */
const longFrame = 25;

const prose =
  "The **tide** turns at `high water`, as [the table](https://example.org) says:\n\n- the boats go out\n- the quay is dry\n\n";
const code =
  "```ts\nexport function tide(hours: number): string {\n  return hours % 12 < 6 ? 'flood' : 'ebb';\n}\n```\n\n";

env["FALCON_CHROMIUM"] = await findChromium();
const pages = await launchPages();
try {
  for (let run = 0; run < runs; run++) console.log(await open(await pages.open()));
  await stream(await pages.open());
} finally {
  await pages.close();
}

async function open({ page }: ChatPage): Promise<string> {
  const conversation = Array.from({ length: messages / 2 }, (_, i) => [
    userMessage(`When does the tide turn on day ${i}?`),
    { ...answerMessage((prose + code).repeat(2)), id: `answer ${i}` },
  ]).flat();
  const { painted, whole } = await page.evaluate(async (state) => {
    const start = performance.now();
    const inFrame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    window.postMessage(state);
    while (document.querySelectorAll(".answer .markdown pre").length === 0) await inFrame();
    const painted = performance.now() - start;
    while (window.framesAsked > 0) await new Promise((done) => setTimeout(done));
    return { painted, whole: performance.now() - start };
  }, stateMessage(conversation));
  return `${messages} messages: painted after ${painted.toFixed(0)} ms, all are there after ${whole.toFixed(0)} ms`;
}

async function stream(chat: ChatPage): Promise<void> {
  await chat.tell(stateMessage([userMessage("When does the tide turn?"), answerMessage("", "streaming")]));
  const text = (prose + code).repeat(Math.ceil((tokens * 4) / (prose + code).length));
  const deltas = (text.match(/.{4}/gs) ?? []).slice(0, tokens).map(deltaMessage);
  for (let start = 0; start < tokens; start += tokensPerPart) {
    let frames: readonly number[] = [];
    const part = deltas.slice(start, start + tokensPerPart);
    const seconds = await processorTime(chat, async () => {
      frames = await chat.page.evaluate(tellInTime, { part, tokensPerSecond });
    });
    const average = frames.reduce((sum, each) => sum + each, 0) / frames.length;
    const long = frames.filter((each) => each > longFrame).length;
    console.log(
      `tokens from ${start}: ${(1_000 / average).toFixed(1)} frames a second, ${long} of ${frames.length} longer than ${longFrame} ms, ` +
        `the longest ${Math.max(...frames).toFixed(0)} ms; ${((seconds * 1e6) / part.length).toFixed(0)} µs of the processor a token`,
    );
  }
}

interface Told {
  readonly part: readonly unknown[];
  readonly tokensPerSecond: number;
}

/** Runs in the page. Resolves to the milliseconds from frame to frame. */
async function tellInTime({ part, tokensPerSecond }: Told): Promise<number[]> {
  const start = performance.now();
  const times: number[] = [];
  for (let told = 0; told < part.length;) {
    times.push(await new Promise<number>((done) => requestAnimationFrame(done)));
    const due = ((performance.now() - start) / 1_000) * tokensPerSecond;
    for (; told < Math.min(due, part.length); told++) window.postMessage(part[told]);
  }
  return times.slice(1).map((time, i) => time - (times[i] ?? 0));
}
