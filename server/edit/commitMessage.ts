// The message of a commit: what is asked for, in the style of the earlier ones, and what of the answer it is.

const conventional = /^[a-z]+(?:\([^()]+\))?!?: ./;

/** @param subjects of the last commits, a line each */
export function askForCommitMessage(subjects: string): string {
  const earlier = subjects.split("\n").filter((line) => line.trim() !== "");
  const isConventional = earlier.filter((line) => conventional.test(line)).length * 2 > earlier.length;
  return [
    "Write the message of the commit that makes these changes: one line of at most 72 characters that says what changes.",
    "Only if that is not enough, an empty line and a few lines more that say why. Tell nothing that the diff does not show.",
    ...(isConventional
      ? ["Begin with the kind of the change, as conventional commits do, for example `fix(parser): ` or `feat: `."]
      : []),
    ...(earlier.length > 0
      ? [
          `Write in the language and the style of these messages of other commits:`,
          ...earlier.map((line) => `- ${line}`),
        ]
      : []),
  ].join("\n");
}

const label = /^(?:\*\*)?(?:commit (?:message|title)|message|subject|title) ?:(?:\*\*)? */i;
/** What models put around a line, and nobody puts around a commit's. */
const around = /^(["'`]|\*\*|__)((?:(?!\1).)+)\1$/;

/** Without Markdown, labels and quotation marks, and with an empty line below the first. */
export function cleanCommitMessage(answer: string): string {
  const [first = "", ...body] = answer.trim().split(/\r?\n/);
  let subject = first.replace(/^#+ +/, "");
  for (;;) {
    const bare = subject.replace(around, "$2").replace(label, "").trim();
    if (bare === subject) break;
    subject = bare;
  }
  const rest = body.join("\n").trim();
  if (subject === "") return rest === "" ? "" : cleanCommitMessage(rest);
  return rest === "" ? subject : `${subject}\n\n${rest}`;
}
