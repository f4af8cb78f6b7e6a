// The marks of Markdown, with those of its widespread extensions: mathematics, citations, attributes, templates.

import {
  between,
  everywhere,
  hide,
  isSpace,
  isWord,
  matching,
  type ReadMark,
  type Readers,
  scanWith,
  show,
} from "./marks.ts";

/** A run of backticks ends with the next run of the same length. */
export function codeSpans(): ReadMark {
  let runs: Map<number, number[]> | undefined;
  return ({ text }, at) => {
    if (text[at - 1] === "`") return undefined;
    if (!runs) {
      runs = new Map();
      for (const { 0: run, index } of text.matchAll(/`+/g)) {
        const places = runs.get(run.length);
        if (places) places.push(index);
        else runs.set(run.length, [index]);
      }
      for (const places of runs.values()) places.reverse();
    }
    let length = 1;
    while (text[at + length] === "`") length++;
    const places = runs.get(length) ?? [];
    while ((places.at(-1) ?? Infinity) <= at) places.pop();
    const end = places.at(-1);
    return end === undefined ? undefined : hide(at, end + length);
  };
}

/** `$x$`, as Pandoc tells it from an amount of dollars. */
const mathematics: ReadMark = (searched, at) => {
  const { text } = searched;
  if (text.startsWith("$$", at)) return between("$$", "$$")(searched, at);
  if (isSpace(text[at + 1])) return undefined;
  const end = searched.find("$", at + 1);
  if (end === undefined || isSpace(text[end - 1]) || /\d/.test(text[end + 1] ?? "")) return undefined;
  return hide(at, end + 1);
};

const escape: ReadMark = (searched, at) => {
  const { text } = searched;
  const next = text[at + 1];
  if (next === "\n") return hide(at, at + 1);
  if (next === "(") return between("\\(", "\\)")(searched, at) ?? show(at, at + 2);
  if (next === "[") return between("\\[", "\\]")(searched, at) ?? show(at, at + 2);
  return next !== undefined && /[!-/:-@[-`{-~]/.test(next) ? show(at, at + 2) : undefined;
};

/** Behind the text of a link: `(target)`, `[reference]`, `{attributes}`. */
const target: ReadMark = (searched, at) => {
  if (searched.text[at - 1] !== "]") return undefined;
  const end = searched.bracketEnd(at);
  return end === undefined ? undefined : hide(at, end);
};

const image: ReadMark = (searched, at) => {
  const alt = searched.bracketEnd(at + 1);
  if (searched.text[at + 1] !== "[" || alt === undefined) return undefined;
  const isLink = searched.text[alt] === "(" || searched.text[alt] === "[";
  return hide(at, (isLink ? searched.bracketEnd(alt) : undefined) ?? alt);
};

const bracket = matching(/\[\[[^\][\n]*\]\]|\[\^[^\][\s]*\]|\[[^\][@]*@[^\][]*\]/y);

const tag = matching(/<[A-Za-z/][^<>]*>/y);
const entity = matching(/&#?[A-Za-z0-9]{1,32};/y, show);

/** Stars and underscores that may open or close emphasis: those that touch a word, and underscores that stand in none. */
const emphasis: ReadMark = ({ text }, at) => {
  const sign = text.charAt(at);
  if (text[at - 1] === sign) return undefined;
  let end = at + 1;
  while (text[end] === sign) end++;
  const [before, after] = [text[at - 1], text[end]];
  if (isSpace(before) && isSpace(after)) return undefined;
  if (sign === "_" && isWord(before) && isWord(after)) return undefined;
  if ((sign === "~" || sign === "=") && end - at < 2) return undefined;
  return show(at, end);
};

const citation: ReadMark = (searched, at) =>
  isWord(searched.text[at - 1])
    ? undefined
    : matching(/@[\p{L}\d_](?:[\p{L}\d_:.#$%&+?~/-]*[\p{L}\d_])?/uy)(searched, at);

/** Spaces that break a line. */
const hardBreak: ReadMark = ({ text }, at) => {
  if (text[at - 1] === " ") return undefined;
  let end = at;
  while (text[end] === " ") end++;
  return end - at >= 2 && text[end] === "\n" ? hide(at, end) : undefined;
};

const role = matching(/\{[A-Za-z][\w:+.-]*\}(?=`)/y);
const sign: ReadMark = (_searched, at) => show(at, at + 1);

const readers = (): Readers => ({
  ...everywhere,
  "\\": [escape],
  "`": [codeSpans()],
  $: [mathematics],
  "!": [image],
  "[": [target, bracket, sign],
  "]": [sign],
  "(": [target],
  "{": [between("{{", "}}"), between("{%", "%}"), target, role],
  "<": [between("<!--", "-->"), tag],
  "&": [entity],
  "*": [emphasis],
  _: [emphasis],
  "~": [emphasis],
  "=": [emphasis],
  "@": [citation],
  ":": [matching(/:[a-z][a-z0-9_+-]*:(?![A-Za-z0-9])/y)],
  "|": [sign],
  " ": [hardBreak],
});

export const scanMarkdown = scanWith(readers);
