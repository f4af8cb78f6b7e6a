// The commands that rewrite text: the words of each prompt.

import type { EditCommand, EditParams } from "../../src/shared/edit.ts";
import { askForCommitMessage, cleanCommitMessage } from "./commitMessage.ts";
import { shortenDiff } from "./shortenDiff.ts";
import { askForTests } from "./tests.ts";

export type EditRequest = Omit<EditParams, "partialResultToken">;

export interface EditCommandRow {
  /** What the model is asked to do with the text. */
  readonly ask: (request: EditRequest) => string;
  /** Whether the prompt holds what stands around the text. */
  readonly context: boolean;
  /** What `after` is, where it does not stand after the text. */
  readonly after?: string;
  /** Whether what is asked for is a text of its own, not a new version of the text. */
  readonly writesAnew?: boolean;
  /** Whether only the comments of the answer are taken, and the text's code stays as it is. */
  readonly onlyComments?: boolean;
  /** What of the answer is the result, where that is not a new version of the text. */
  readonly clean?: (answer: string) => string;
  /** For a short answer about a text that may be long. */
  readonly about?: {
    readonly answerTokens: number;
    /** The text in at most `length` characters. */
    readonly shorten: (text: string, length: number) => string;
  };
}

/** A row for prose, whose markup a model sees as numbers in brackets. */
function prose(words: string | ((request: EditRequest) => string)): EditCommandRow {
  const marks = "Keep each number in brackets, such as [1], and all other markup exactly where it belongs.";
  return {
    ask: (request) => {
      const ask = typeof words === "string" ? words : words(request);
      return /\[\d+\]/.test(request.text) ? `${ask} ${marks}` : ask;
    },
    context: false,
  };
}

function anew(words: string): EditCommandRow {
  return { ask: () => `${words} Write in the language of the text.`, context: false, writesAnew: true };
}

/** What the host found at the place, as lines: they are data, whoever wrote them. */
const faults = ({ instruction = "" }: EditRequest) =>
  instruction.trim() === ""
    ? "Find the fault in it and mend it."
    : `Mend it. These faults are reported:\n${instruction.trim()}`;

export const editCommands: Readonly<Record<EditCommand, EditCommandRow>> = {
  apply: { ask: ({ instruction = "" }) => `Put this code into it, where it belongs:\n${instruction}`, context: false },
  edit: { ask: ({ instruction = "" }) => instruction.trim(), context: true },
  grammar: prose("Correct the spelling, grammar and punctuation. Keep every word that is right, and the language."),
  improve: prose("Make it clearer and better to read. Keep its meaning, its tone and its language."),
  shorten: prose("Make it shorter: about half as long. Keep what matters, and the language."),
  expand: prose("Make it longer with more detail that follows from what it says. Invent no facts. Keep the language."),
  formal: prose("Write it in a formal tone. Keep its meaning and its language."),
  friendly: prose("Write it in a friendly, warm tone. Keep its meaning and its language."),
  plain: prose("Write it in plain words and short sentences. Keep its meaning and its language."),
  translate: prose(({ instruction = "English" }) => `Translate it into ${instruction}.`),
  summarise: anew("Summarise the text in a few sentences."),
  outline: anew("Write an outline of the text, as a Markdown list."),
  title: anew("Write one short title for the text: a single line without quotation marks."),
  continue: anew("Write the paragraph that comes next after the text. Do not repeat the text."),
  commitMessage: {
    ask: ({ instruction = "" }) => askForCommitMessage(instruction),
    context: false,
    writesAnew: true,
    clean: cleanCommitMessage,
    about: { answerTokens: 320, shorten: shortenDiff },
  },
  tests: {
    ask: askForTests,
    context: true,
    after: "Tests of the same workspace, for their style:",
    writesAnew: true,
    clean: (answer) => answer.trim(),
  },
  name: {
    ask: ({ instruction = "" }) =>
      `Write five better names for \`${instruction.trim()}\` in it, which say what it is for: ` +
      "each on a line of its own, and nothing else in that line.",
    context: false,
    writesAnew: true,
    clean: (answer) => answer,
    about: { answerTokens: 96, shorten: (text, length) => text.slice(0, length) },
  },
  compose: {
    ask: ({ instruction = "" }) => instruction.trim(),
    context: false,
    writesAnew: true,
    clean: (answer) => answer.trim(),
  },
  fix: { ask: faults, context: true },
  document: {
    ask: () =>
      "Add one documentation comment, in the form that the language has for it (a docstring, JSDoc or the like) and in " +
      "the style of the file. Change no line of the code.",
    context: true,
    onlyComments: true,
  },
  simplify: {
    ask: () => "Make it simpler and easier to read. It must do exactly the same, with the same names for callers.",
    context: true,
  },
  types: {
    ask: () => "Add the types that are missing, for parameters, results and variables. Change nothing else.",
    context: true,
  },
};

export const editCommandIds = Object.keys(editCommands) as EditCommand[];
