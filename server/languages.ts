// VS Code's names of languages, for files that no editor has opened.

import path from "node:path";

/** By the endings of files. */
const languages: Readonly<Record<string, string>> = {
  ...{
    c: "c",
    h: "c",
    cc: "cpp",
    cpp: "cpp",
    cxx: "cpp",
    hh: "cpp",
    hpp: "cpp",
    cs: "csharp",
    css: "css",
    scss: "scss",
  },
  ...{
    less: "less",
    dart: "dart",
    ex: "elixir",
    exs: "elixir",
    fs: "fsharp",
    go: "go",
    groovy: "groovy",
    hs: "haskell",
  },
  ...{ html: "html", java: "java", js: "javascript", mjs: "javascript", cjs: "javascript", jsx: "javascriptreact" },
  ...{ jl: "julia", kt: "kotlin", kts: "kotlin", lua: "lua", md: "markdown", m: "objective-c", php: "php", pl: "perl" },
  ...{ ps1: "powershell", py: "python", r: "r", rb: "ruby", rs: "rust", scala: "scala", sh: "shellscript", sql: "sql" },
  ...{ svelte: "svelte", swift: "swift", tf: "terraform", ts: "typescript", mts: "typescript", cts: "typescript" },
  ...{ tsx: "typescriptreact", vue: "vue", yaml: "yaml", yml: "yaml", zig: "zig" },
};

/** Undefined where the ending tells none. */
export function languageOf(file: string): string | undefined {
  const ending = path.extname(file).slice(1).toLowerCase();
  return Object.hasOwn(languages, ending) ? languages[ending] : undefined;
}
