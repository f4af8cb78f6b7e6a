// `falcon chat`: answers a question, or one line after the other of a conversation.

import process from "node:process";
import { createInterface } from "node:readline/promises";
import { text } from "node:stream/consumers";

import type { ChatTurn } from "../../src/shared/chat.ts";
import { answerChat } from "../chat/answerChat.ts";
import { TurnCounts } from "../chat/turnCounts.ts";
import { UserError } from "../userError.ts";
import { loadModel, type Program, UsageError } from "./program.ts";

export async function runChat(words: readonly string[], program: Program): Promise<void> {
  if (words.length > 0) await ask([{ role: "user", text: words.join(" ") }], program);
  else if (!process.stdin.isTTY) await ask([{ role: "user", text: await pipedQuestion() }], program);
  else await converse(program);
}

async function pipedQuestion(): Promise<string> {
  const question = (await text(process.stdin)).trim();
  if (question === "") throw new UsageError("falcon chat QUESTION, or the question as standard input");
  return question;
}

async function converse(program: Program): Promise<void> {
  const lines = createInterface({ input: process.stdin, output: process.stderr, prompt: "> " });
  program.signal.addEventListener("abort", () => lines.close());
  const turns: ChatTurn[] = [];
  lines.prompt();
  for await (const line of lines) {
    if (line.trim() !== "") {
      turns.push({ role: "user", text: line });
      turns.push({ role: "assistant", text: await ask(turns, program) });
    }
    lines.prompt();
  }
}

/** Prints the answer as it comes. */
async function ask(messages: readonly ChatTurn[], program: Program): Promise<string> {
  const model = await loadModel("chat", program);
  const options = {
    models: { ready: () => Promise.resolve(model) },
    settings: program.settings.chat,
    counts: new TurnCounts(),
  };
  let answer = "";
  const result = await answerChat(
    { messages },
    options,
    (piece) => {
      answer += piece;
      program.print(piece);
    },
    program.signal,
  );
  if (result.problem) throw new UserError(result.problem.message);
  program.print("\n");
  for (const note of result.notes ?? []) program.note(`${note}\n`);
  if (result.stopReason === "limit") program.note("The answer reached its limit of tokens.\n");
  if (result.stopReason === "interrupted")
    throw new UserError("The model's process ended in the middle of the answer.");
  return answer;
}
