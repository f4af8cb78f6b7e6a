// The file that answered questions are appended to, so that an evaluation goes on where it was stopped.

import fs from "node:fs/promises";
import path from "node:path";
import * as l10n from "@vscode/l10n";
import * as v from "valibot";

import { UserError } from "../userError.ts";
import { outcomes } from "./code/sandbox.ts";

const common = {
  id: v.string(),
  subject: v.string(),
  /** Tokens of the prompt that did not fit into the context. */
  cut: v.number(),
  value: v.number(),
};

const choice = v.object({
  ...common,
  /** Of each choice, in nats. */
  logLikelihoods: v.array(v.number()),
  /** Tokens of each choice. */
  tokens: v.array(v.number()),
});

const code = v.object({
  ...common,
  completion: v.string(),
  /** What became of the program with it. */
  outcome: v.picklist(outcomes),
});

const answer = v.union([choice, code]);

export type ChoiceAnswer = v.InferOutput<typeof choice>;
export type CodeAnswer = v.InferOutput<typeof code>;
export type Answer = ChoiceAnswer | CodeAnswer;

/** What the answers depend on: a file goes on with the same alone. */
export type Settings = Readonly<Record<string, string | number>>;

export class AnswersFile {
  readonly answers: Map<string, Answer>;
  readonly #path: string;

  private constructor(file: string, answers: Map<string, Answer>) {
    this.#path = file;
    this.answers = answers;
  }

  /**
   * Opens a file, or makes one. A last line that was written in part is dropped, and its question asked again.
   * @throws UserError when the file is of other settings
   */
  static async open(file: string, settings: Settings): Promise<AnswersFile> {
    const head = JSON.stringify(settings);
    const text = await readIfThere(file);
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    const [first, ...lines] = whole.split("\n").slice(0, -1);
    if (first === undefined && text.length > 0 && !`${head}\n`.startsWith(text)) throw otherSettings(file);
    if (first !== undefined && first !== head) throw otherSettings(file);
    const answers = new Map<string, Answer>();
    for (const line of lines) {
      const read = readLine(answer, line);
      if (!read) throw otherSettings(file);
      answers.set(read.id, read);
    }
    await fs.mkdir(path.dirname(file), { recursive: true });
    if (first === undefined) await fs.writeFile(file, `${head}\n`);
    else if (whole.length < text.length) await fs.truncate(file, Buffer.byteLength(whole));
    return new AnswersFile(file, answers);
  }

  async add(answered: Answer): Promise<void> {
    await fs.appendFile(this.#path, `${JSON.stringify(answered)}\n`);
    this.answers.set(answered.id, answered);
  }
}

const settingsLine = v.record(v.string(), v.union([v.string(), v.number()]));

/**
 * What a file holds, whatever its settings.
 * @throws UserError when there is nothing to read
 */
export async function readAnswers(file: string): Promise<{ settings: Settings; answers: readonly Answer[] }> {
  const text = await readIfThere(file);
  const [first = "", ...lines] = text.split("\n");
  const settings = readLine(settingsLine, first);
  const answers = lines.flatMap((line) => readLine(answer, line) ?? []);
  if (settings && answers.length > 0) return { settings, answers };
  throw new UserError(l10n.t("{0} holds no answers of an evaluation any more. Evaluate the model again.", file));
}

/** Nothing where there is no file. A file that cannot be read is not an empty one, which would be written anew. */
async function readIfThere(file: string): Promise<string> {
  try {
    return await fs.readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    const cause = error instanceof Error ? error.message : String(error);
    throw new UserError(
      l10n.t("The answers in {0} could not be read ({1}). Nothing of them was changed.", file, cause),
    );
  }
}

function readLine<Output>(schema: v.GenericSchema<unknown, Output>, line: string): Output | undefined {
  try {
    const result = v.safeParse(schema, JSON.parse(line));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}

function otherSettings(file: string): UserError {
  return new UserError(
    l10n.t(
      "{0} is of another evaluation: its model, test, data or settings differ. Delete it, or name another folder.",
      file,
    ),
  );
}
