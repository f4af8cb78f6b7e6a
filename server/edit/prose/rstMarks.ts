// The marks of reStructuredText: literals, roles, references, substitutions, emphasis.

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

/** `text <target>`_: its text stays in sight; every other text between backticks is hidden with what belongs to it. */
const interpreted: ReadMark = (searched, at) => {
  const { text } = searched;
  if (text.startsWith("``", at)) return between("``", "``")(searched, at) ?? show(at, at + 2);
  const end = searched.find("`", at + 1);
  if (end === undefined || isSpace(text[at + 1])) return show(at, at + 1);
  let after = end + 1;
  while (text[after] === "_") after++;
  if (after > end + 1 && text[end - 1] === ">" && text.slice(at, end).includes(" <")) return show(at, at + 1);
  const suffix = after === end + 1 ? searched.match(/:[A-Za-z][\w:+.-]*:/y, after) : undefined;
  return hide(at, after + (suffix?.length ?? 0));
};

/** The target behind the text of a link, and the end of the link. */
const target = matching(/<[^<>`]+>`_{0,2}/y);

/** `:role:` before a backtick, with what that holds. */
const role: ReadMark = (searched, at) => {
  if (!isSpace(searched.text[at - 1]) && !"([{<\"'".includes(searched.text.charAt(at - 1))) return undefined;
  const name = searched.match(/:[A-Za-z][\w:+.-]*:(?=`)/y, at);
  const end = name === undefined ? undefined : searched.find("`", at + name.length + 1);
  return end === undefined ? undefined : hide(at, end + 1);
};

const emphasis: ReadMark = ({ text }, at) => {
  if (text[at - 1] === "*") return undefined;
  let end = at + 1;
  while (text[end] === "*") end++;
  return isSpace(text[at - 1]) && isSpace(text[end]) ? undefined : show(at, end);
};

const reference: ReadMark = (searched, at) => {
  if (!isWord(searched.text[at - 1]) || isWord(searched.text[at + 1])) return undefined;
  return show(at, at + (searched.text[at + 1] === "_" ? 2 : 1));
};

/** A colon pair at the end announces a literal block. */
const literalComes: ReadMark = ({ text }, at) =>
  text.startsWith("::", at) && at + 2 === text.trimEnd().length ? hide(at, at + 2) : undefined;

const readers = (): Readers => ({
  ...everywhere,
  "[": [matching(/\[[^\][\s]+\]_/y)],
  "`": [interpreted],
  "<": [target],
  ":": [literalComes, role],
  "|": [matching(/\|[^|\s](?:[^|\n]*[^|\s])?\|_{0,2}/y), (_searched, at) => show(at, at + 1)],
  "*": [emphasis],
  _: [reference],
  "\\": [(_searched, at) => show(at, at + 2)],
});

export const scanRst = scanWith(readers);
