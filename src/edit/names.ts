// Names for a symbol out of what a model writes, in the style of the old one.

type Style = "camel" | "pascal" | "snake" | "upper";

const snakeLanguages = new Set([
  "python",
  "ruby",
  "rust",
  "c",
  "cpp",
  "elixir",
  "lua",
  "perl",
  "r",
  "sql",
  "shellscript",
]);

/** Words that are no names in many languages: not suggested, though a user may take one where it is a name. */
const reserved = new Set(
  (
    "abstract and as assert async await auto bool break case catch char class const continue def default del delete do double " +
    "elif else end enum export extends extern false final finally float fn for from func function global goto if impl import " +
    "in instanceof int interface is lambda let long match mod module move mut namespace new nil none nonlocal not null or " +
    "package pass private protected pub public raise ref return self short signed static struct super switch then this " +
    "throw trait true try type typedef typeof undefined union unless unsafe until use using var void when where while with yield"
  ).split(" "),
);

const mostNames = 8;
const longestName = 60;

export function isIdentifier(name: string): boolean {
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name) && name.length <= 200;
}

/** @param answer names in lines or between commas, with what models put around them */
export function suggestNames(answer: string, old: string, languageId: string): string[] {
  const [, start = "", rest = ""] = /^([_$]*)(.*)$/s.exec(old) ?? [];
  const style = styleOf(rest, languageId);
  const names = answer
    .slice(0, 10_000)
    .split(/[\n,;]/)
    .flatMap((line) => nameIn(line) ?? [])
    .map((name) => start + inStyle(name, style))
    .filter((name) => name !== old && name.length <= longestName && isIdentifier(name) && !reserved.has(name));
  return [...new Set(names)].slice(0, mostNames);
}

/** The name that a line begins with, behind a number or a dash; a sentence has none. */
function nameIn(line: string): string | undefined {
  const bare = line.replace(/^[\s\-*•\d.)"'`]+/u, "");
  const [, name, after = ""] = /^([\p{L}_$][\p{L}\p{N}_$-]*)(.*)$/su.exec(bare) ?? [];
  return /^\(?\)?["'`*]*\s*(?:$|[:(–—]\s*\S|-\s)/u.test(after) && !(after.trim() === ":" || /:\s*$/.test(line))
    ? name
    : undefined;
}

function styleOf(name: string, languageId: string): Style {
  if (/^[\p{Lu}\p{N}_]+$/u.test(name) && /\p{Lu}{2}|_/u.test(name)) return "upper";
  if (/^\p{Lu}/u.test(name)) return "pascal";
  if (name.includes("_")) return "snake";
  if (/\p{Lu}/u.test(name)) return "camel";
  return snakeLanguages.has(languageId) ? "snake" : "camel";
}

function inStyle(name: string, style: Style): string {
  const words = name
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, "$1 $2")
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1 $2")
    .split(/[\s_$-]+/)
    .filter((word) => word !== "")
    .map((word) => word.toLowerCase());
  const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
  if (style === "snake") return words.join("_");
  if (style === "upper") return words.join("_").toUpperCase();
  return words.map((word, i) => (style === "camel" && i === 0 ? word : capital(word))).join("");
}
