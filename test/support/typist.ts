// Types a text as an editor has it typed: brackets and quotes are closed by themselves, and their closing is typed over.

const closerOf: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}", '"': '"' };

/** The text on both sides of the cursor after each key. */
export function* typeKeys(before: string, typed: string, after: string): Generator<{ prefix: string; suffix: string }> {
  let prefix = before;
  let suffix = after;
  for (const key of typed) {
    const line = prefix.slice(prefix.lastIndexOf("\n") + 1);
    if (key !== "\n" && suffix.startsWith(key) && Object.values(closerOf).includes(key)) {
      prefix += key;
      suffix = suffix.slice(1);
    } else if (key === "\n") {
      const indentation = /^[ \t]*/.exec(line)?.[0] ?? "";
      const opens = line.endsWith("{");
      if (opens && suffix.startsWith("}")) suffix = `\n${indentation}${suffix}`;
      prefix += `\n${indentation}${opens ? "  " : ""}`;
    } else {
      prefix += key;
      suffix = (closerOf[key] ?? "") + suffix;
    }
    yield { prefix, suffix };
  }
}
