// The figures, each measured through requests, so that every subject is measured alike.

import { setTimeout as sleep } from "node:timers/promises";

import { type Done, mostAtOnce, type Subject, type Work } from "./subject.ts";

/** Measured values by the name of their figure. */
export type Values = Readonly<Record<string, number>>;

/** Makes a prompt of about so many tokens that begins like no other. */
export type NewPrompt = (tokens: number) => string;

/** Tokens of the prompt and of the text at which speeds are measured. */
export const promptTokens = 512;
export const generatedTokens = 64;

/** Tokens of context, and requests at once, that generation is measured with. */
export const contexts = [64, 500, 1500] as const;
export const streams = [1, 2, mostAtOnce] as const;

const never = new AbortController().signal;
/** A completion as ghost text asks for it. */
const completion = { priority: "completion", maxTokens: 24 } as const;

/** What can be measured, by the names that the command line takes. */
export const measurements = {
  prefill: async (subject, newPrompt) => {
    const { firstPiece, evaluated } = await run(subject, {
      ...completion,
      prompt: newPrompt(promptTokens),
      maxTokens: 1,
    });
    return { prefill: (evaluated / firstPiece) * 1000 };
  },

  generation: async (subject, newPrompt) => {
    return {
      generation: speed(await run(subject, { ...completion, prompt: newPrompt(1), maxTokens: generatedTokens + 1 })),
    };
  },

  firstToken: async (subject, newPrompt) => {
    const values: Record<string, number> = {};
    for (const [size, tokens] of [
      ["1k", 1000],
      ["4k", 4000],
    ] as const) {
      const prompt = newPrompt(tokens);
      values[`first token ${size} cold`] = (await run(subject, { ...completion, prompt })).firstPiece;
      // The next key.
      values[`first token ${size} warm`] = (await run(subject, { ...completion, prompt: `${prompt} the` })).firstPiece;
    }
    return values;
  },

  aggregate: async (subject, newPrompt) => {
    const values: Record<string, number> = {};
    for (const count of [1, 2, mostAtOnce]) {
      const works = Array.from({ length: count }, () => ({ ...completion, prompt: newPrompt(8), maxTokens: 48 }));
      const start = performance.now();
      const done = await Promise.all(works.map((work) => run(subject, work)));
      const generated = done.reduce((sum, each) => sum + each.generated, 0);
      values[`aggregate ${count}`] = (generated / (performance.now() - start)) * 1000;
    }
    return values;
  },

  streams: async (subject, newPrompt) => {
    const values: Record<string, number> = {};
    for (const context of contexts) {
      for (const count of streams) {
        const works = Array.from({ length: count }, () => ({ ...completion, prompt: newPrompt(context) }));
        // The prompts, so that what follows is generation alone.
        await Promise.all(works.map((work) => run(subject, { ...work, maxTokens: 1 })));
        const all = works.map((work) => run(subject, { ...work, maxTokens: generatedTokens + 1 }));
        const speeds = (await Promise.all(all)).map(speed);
        values[`generation of ${count} at ${context}`] = speeds.reduce((sum, each) => sum + each, 0);
      }
    }
    return values;
  },

  abort: async (subject, newPrompt) => {
    const abortPrompt = async (priority: Work["priority"]) => {
      const latencies: number[] = [];
      for (let i = 0; i < 8; i++) {
        const controller = new AbortController();
        const work = { ...completion, priority, prompt: newPrompt(4000), maxTokens: 500 };
        const running = run(subject, work, controller.signal);
        // Somewhere in a step; a GPU has read the prompt after half a second.
        await sleep(50 + 67 * i);
        const aborted = performance.now();
        controller.abort();
        await running;
        latencies.push(performance.now() - aborted);
      }
      return Math.max(...latencies);
    };
    const alone = await abortPrompt("completion");
    // A stream that takes part in every step shows how long the steps are.
    const gaps: number[] = [];
    let last = NaN;
    const onPiece = () => {
      gaps.push(performance.now() - last);
      last = performance.now();
    };
    const stream = { ...completion, prompt: newPrompt(1), maxTokens: 2000 };
    const besideStream = await beside(subject, stream, onPiece, () => {
      gaps.length = 0;
      return abortPrompt("chat");
    });
    const step = { "step beside a stream": Math.max(...gaps) };
    return subject.tellsOfAborts ? { abort: alone, "abort beside a stream": besideStream, ...step } : step;
  },

  completion: async (subject, newPrompt) => {
    const file = newPrompt(1000);
    await run(subject, { ...completion, prompt: file });
    const complete = (key: string) => run(subject, { ...completion, prompt: `${file} ${key}` });
    const alone = await complete("for");
    const chat = { priority: "chat", prompt: newPrompt(100), maxTokens: 2000 } as const;
    const besideChat = await beside(
      subject,
      chat,
      () => {},
      () => complete("you"),
    );
    // A GPU writes by then.
    const background = { priority: "background", prompt: newPrompt(4000), maxTokens: 500 } as const;
    const besideBackground = await beside(subject, background, undefined, () => complete("and"));
    return {
      "completion alone": alone.end,
      "completion beside a chat": besideChat.end,
      "first token alone": alone.firstPiece,
      "first token beside background": besideBackground.firstPiece,
    };
  },
} as const satisfies Record<string, (subject: Subject, newPrompt: NewPrompt) => Promise<Values>>;

/** How fast a process that has just loaded its model writes its first tokens. */
export async function measureStart(subject: Subject, newPrompt: NewPrompt): Promise<Values> {
  return {
    [`first ${generatedTokens} tokens`]: speed(
      await run(subject, { ...completion, prompt: newPrompt(1), maxTokens: generatedTokens + 1 }),
    ),
  };
}

/** Measures while other work is done: from its first piece on, which `onPiece` gets too, or else while its prompt is evaluated. */
async function beside<T>(
  subject: Subject,
  other: Work,
  onPiece: (() => void) | undefined,
  measure: () => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const streaming = Promise.withResolvers<void>();
  const onOthersPiece = () => {
    streaming.resolve();
    onPiece?.();
  };
  const running = subject.generate(other, onOthersPiece, controller.signal);
  await (onPiece ? Promise.race([streaming.promise, running]) : sleep(1000));
  const measured = await measure();
  controller.abort();
  await running;
  return measured;
}

/** Milliseconds from the request on. */
interface Timed extends Done {
  readonly firstPiece: number;
  readonly end: number;
}

/** Tokens per second after the first. */
function speed({ firstPiece, end, generated }: Timed): number {
  return ((generated - 1) / (end - firstPiece)) * 1000;
}

export async function run(subject: Subject, work: Work, signal = never): Promise<Timed> {
  const start = performance.now();
  let firstPiece: number | undefined;
  const done = await subject.generate(work, () => (firstPiece ??= performance.now() - start), signal);
  const end = performance.now() - start;
  return { ...done, firstPiece: firstPiece ?? end, end };
}
