// The marks of LaTeX: mathematics, commands with their arguments, and the signs that have a meaning.

import {
  between,
  everywhere,
  hide,
  matching,
  type ReadMark,
  type Readers,
  scanWith,
  type SearchedText,
  show,
} from "./marks.ts";

/** Commands whose last argument is prose: their name and their brackets stay in sight, as models know them. */
const proseCommands = new Set(
  (
    "emph textbf textit textsc textsl textup textrm textsf underline footnote enquote caption title section subsection " +
    "subsubsection paragraph subparagraph chapter part mbox text hl uline"
  ).split(" "),
);

const command: ReadMark = (searched, at) => {
  const { text } = searched;
  const next = text[at + 1];
  if (next === undefined) return undefined;
  if (next === "(") return between("\\(", "\\)")(searched, at) ?? show(at, at + 2);
  if (next === "[") return between("\\[", "\\]")(searched, at) ?? show(at, at + 2);
  const name = searched.match(/\\[A-Za-z@]+\*?/y, at);
  if (name === undefined) return next === "\\" ? hide(at, at + 2) : show(at, at + 2);
  if (name === "\\verb" || name === "\\verb*") {
    const end = searched.find(text.charAt(at + name.length), at + name.length + 1);
    if (end !== undefined) return hide(at, end + 1);
  }
  const isProse = proseCommands.has(name.slice(1).replace("*", ""));
  let end = at + name.length;
  for (let after = argumentEnd(searched, end); after !== undefined; after = argumentEnd(searched, end)) {
    if (isProse && text[end] === "{") return show(at, end + 1);
    end = after;
  }
  return hide(at, end);
};

function argumentEnd(searched: SearchedText, at: number): number | undefined {
  return searched.text[at] === "{" || searched.text[at] === "[" ? searched.bracketEnd(at) : undefined;
}

const mathematics: ReadMark = (searched, at) =>
  between("$$", "$$")(searched, at) ?? between("$", "$")(searched, at) ?? show(at, at + 1);

/** A comment ends with its line: it keeps its line break by standing at the end of a hidden part. */
const comment: ReadMark = (searched, at) => hide(at, searched.find("\n", at) ?? searched.text.length);

const sign: ReadMark = (_searched, at) => show(at, at + 1);

const readers = (): Readers => ({
  ...everywhere,
  "\\": [command],
  $: [mathematics],
  "%": [comment],
  "~": [matching(/~/y)],
  "{": [sign],
  "}": [sign],
  "&": [sign],
  "#": [sign],
  _: [sign],
  "^": [sign],
});

export const scanLatex = scanWith(readers);
