// What comments, and texts that document code, begin and end with in a language.

export interface CommentSyntax {
  /** Begins a comment up to the end of the line. */
  readonly line?: string;
  /** Pairs that comments of several lines stand between. */
  readonly blocks: readonly (readonly [open: string, close: string])[];
}

const stars = ["/*", "*/"] as const;
const slashes: CommentSyntax = { line: "//", blocks: [stars] };
const hashes: CommentSyntax = { line: "#", blocks: [] };
const quotes: CommentSyntax = {
  line: "#",
  blocks: [
    ['"""', '"""'],
    ["'''", "'''"],
  ],
};
const angles: CommentSyntax = { blocks: [["<!--", "-->"]] };

const syntaxes: readonly (readonly [languages: string, syntax: CommentSyntax])[] = [
  ["javascript javascriptreact typescript typescriptreact c cpp csharp java go rust swift kotlin scala dart", slashes],
  ["groovy jsonc objective-c objective-cpp cuda-cpp glsl hlsl solidity zig verilog systemverilog", slashes],
  ["php css scss less sass stylus", slashes],
  ["ruby shellscript perl r yaml toml dockerfile makefile elixir cmake nim coffeescript crystal", hashes],
  ["terraform graphql properties ignore gitignore dotenv", hashes],
  ["python julia", quotes],
  ["powershell", { line: "#", blocks: [["<#", "#>"]] }],
  ["sql", { line: "--", blocks: [stars] }],
  ["lua", { line: "--", blocks: [["--[[", "]]"]] }],
  ["haskell elm", { line: "--", blocks: [["{-", "-}"]] }],
  ["ada vhdl", { line: "--", blocks: [] }],
  ["clojure lisp scheme ini", { line: ";", blocks: [] }],
  ["matlab erlang prolog latex tex", { line: "%", blocks: [] }],
  ["html xml xsl vue svelte astro handlebars", angles],
];

const syntaxOfLanguage = new Map(
  syntaxes.flatMap(([languages, syntax]) => languages.split(" ").map((id) => [id, syntax])),
);

export function commentSyntaxOf(languageId: string): CommentSyntax | undefined {
  return syntaxOfLanguage.get(languageId);
}

/** The comment of several lines that a line without its indentation opens: what ends it, and how long its opening is. */
export function blockAt(
  line: string,
  { blocks }: CommentSyntax,
): { readonly opening: number; readonly close: string } | undefined {
  // A docstring may be a raw string.
  const prefix = /^[rRuU](?=["'])/.test(line) ? 1 : 0;
  const block = blocks.find(([open]) => line.startsWith(open, prefix));
  return block && { opening: prefix + block[0].length, close: block[1] };
}
