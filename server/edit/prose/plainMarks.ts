// The marks of plain text, of messages of commits, and of comments in code, which hold names of the code.

import { between, everywhere, hide, isWord, matching, type ReadMark, type Readers, scanWith } from "./marks.ts";
import { codeSpans } from "./markdownMarks.ts";

export const scanPlain = scanWith(() => everywhere);

/** A word that no language of people writes so: with an underscore or a dot inside, an inner capital, or a call's brackets. */
const codeName = /[_.:#][\p{L}\p{N}_]|\/.*\/|\p{Ll}\p{Lu}|\(\)$|^[$_]/u;

/** At the beginning of a word alone, so that no word is read twice. */
const identifier: ReadMark = (searched, at) => {
  const before = searched.text[at - 1];
  if (isWord(before) || before === "$") return undefined;
  const word = searched.match(/[\p{L}_$][\p{L}\p{N}_$]*(?:(?:\.|::|#|\/)[\p{L}\p{N}_$]+)*(?:\(\))?/uy, at);
  return word !== undefined && codeName.test(word) ? hide(at, at + word.length) : undefined;
};

const letters = Array.from("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_$");

const codeReaders = (): Readers => ({
  ...Object.fromEntries(letters.map((letter) => [letter, [...(everywhere[letter] ?? []), identifier]])),
  "`": [codeSpans()],
  "{": [between("{@", "}")],
  "<": [matching(/<[A-Za-z/][^<>]*>/y)],
  "@": [matching(/@[\p{L}\d_][\p{L}\d_/-]*/uy)],
  "#": [matching(/#\d+/y)],
});

export const scanComments = scanWith(codeReaders);
