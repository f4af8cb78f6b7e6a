// Whether code holds a function, told by the function's head.

/** What ends at a line's or the text's end where it is not closed, as in a selection that begins in the middle. */
const ignored = {
  python:
    /#[^\n]*|"""(?:[^\\]|\\[^])*?(?:"""|$)|'''(?:[^\\]|\\[^])*?(?:'''|$)|"(?:[^"\\\n]|\\[^])*"?|'(?:[^'\\\n]|\\[^])*'?/g,
  script: /\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)|"(?:[^"\\\n]|\\[^])*"?|'(?:[^'\\\n]|\\[^])*'?|`(?:[^`\\]|\\[^])*`?/g,
} as const;

// Spaces come one at a time here, and nothing stands between parentheses.
const pythonHead = /^ ?(?:async )?def [\p{L}_]/mu;

const name = String.raw`(?:#?[\p{L}\p{N}$_.]+|\[[^\]\n]*\])`;
const arrow = String.raw`\(\)\s?(?::[^=;]*)?=>`;
const scriptHeads = [
  "function\\b",
  String.raw`(?<=default (?:async )?)${arrow}`,
  // `name = async () =>`, `name: Type = value =>`, `name = function ()`.
  String.raw`${name}[?!]? ?(?::[^;\n]*?)?=\s?(?:async\b ?)?(?:function\b|(?:<[^=;()]*>)?${arrow}|[\p{L}\p{N}$_]+ ?=>)`,
  // `*name() {`, but for the statements that look like it.
  String.raw`(?:\* ?)?(?!(?:if|for|while|switch|catch|with)\b)${name}\??(?:<[^(\n]*>)?\(\) ?(?::[^;\n]*)?\{`,
];
const decorators = String.raw`(?:@[\p{L}\p{N}$_.]+(?:\(\))? )*`;
const modifiers =
  "(?:(?:export|default|declare|public|private|protected|static|override|readonly|async|const|let|var|get|set) )*";
const scriptHead = new RegExp(`^ ?${decorators}${modifiers}(?:${scriptHeads.join("|")})`, "mu");

/** Whether the code has the head of a function in it, and none of a class before that: a class is not one function. */
export function holdsFunction(text: string, language: "python" | "script"): boolean {
  const code = emptyParentheses(text.replace(ignored[language], ""));
  const bare = code.replace(/\s+/g, (space) => (space.includes("\n") ? "\n" : " "));
  const head = bare.search(language === "python" ? pythonHead : scriptHead);
  return head >= 0 && !/\bclass[\s{]/.test(bare.slice(0, head));
}

/** The code without what stands between parentheses. */
function emptyParentheses(code: string): string {
  let depth = 0;
  return code
    .split(/([()])/)
    .filter((piece) => {
      if (piece === ")" && depth > 0) depth--;
      const isOutside = depth === 0;
      if (piece === "(") depth++;
      return isOutside;
    })
    .join("");
}
