// Documents with prose and with all that is none, and a model of one function that rewrites them.

import { rewriteProse, type RewriteRequest, type RewrittenPart } from "../../server/edit/prose/rewrite.ts";

/** One of each kind that is cut in its own way. */
export const proseLanguages = [
  "markdown",
  "latex",
  "restructuredtext",
  "typescript",
  "python",
  "git-commit",
  "plaintext",
] as const;

export type Document = readonly [languageId: string, text: string];

export const echo = (shown: string) => shown;

export async function rewrite(
  [languageId, text]: Document,
  answer: (shown: string) => string | undefined,
  request: Partial<RewriteRequest> = {},
) {
  const shown: string[] = [];
  const parts: RewrittenPart[] = [];
  const all = {
    text,
    masked: text,
    languageId,
    selected: { start: 0, end: text.length },
    mayAdd: false,
    longest: 1200,
    ...request,
  };
  await rewriteProse(
    all,
    (piece) => {
      shown.push(piece);
      return Promise.resolve(answer(piece));
    },
    (part) => parts.push(part),
    new AbortController().signal,
  );
  let result = text;
  for (const { start, end, text: replaced } of parts.toReversed()) {
    result = result.slice(0, start) + replaced + result.slice(end);
  }
  return { shown, parts, result, broken: parts.filter(({ isBroken }) => isBroken).length };
}

/** A translation into a language that has another letter for each, and the same marks. */
export const shift = (shown: string) =>
  shown.replace(/\\[A-Za-z]+|&[a-z]+;|[a-y]/g, (piece) =>
    piece.length > 1 ? piece : String.fromCharCode(piece.charCodeAt(0) + 1),
  );

export const markdown: Document = [
  "markdown",
  `---
title: A page
tags: [a, b]
---
# The *title* of it ##

Some text with \`code\` and a [link](https://a.b/c?d=(e)) and
![image](x.png) that is wrapped **here** by [a ref][1] and $x^2$ for
$5 or $6. See [@key; @b] and [^1], or visit https://foo.com/a. Done, ok

- item one
  goes on
- [ ] task <b>bold</b>
  1. nested \`\`a\`b\`\`

> a quote is
> here${"  "}
> broken

\`\`\`js
// hi there
\`\`\`

    indented code

| first | next |
|-------|------|
| a cell | \`x|y\` two |

[ref]: http://x.y
[^1]: A note.

Other
=====

<div>
html
</div>

$$
a b c
$$
`,
];

export const latex: Document = [
  "latex",
  `\\documentclass{article}
\\title{not of the body}
\\begin{document}
\\section{The title} \\label{sec:a}
We cite \\cite[p.~3]{key} and \\emph{stress} this, see figure~\\ref{f}. % note
It costs 5\\% of $x_i$.

\\begin{itemize}
  \\item First one
    here
\\end{itemize}
\\begin{equation}
 a = b
\\end{equation}
Text after.
\\end{document}
`,
];

export const rst: Document = [
  "restructuredtext",
  `====
Head
====

Intro \`\`lit\`\` and :ref:\`x y\` and \`text <http://a.b>\`_ and |sub| *em*
wrapped::

   literal

.. note::

   A note is here.

.. code-block:: python

   x = 1

:param x: the x
* item
  more

=====  =====
a      b
=====  =====

>>> foo
`,
];

export const typescript: Document = [
  "typescript",
  `// A comment that is
// about fooBar() here.
const x = "text"; // behind code
/**
 * Does things.
 *
 * @param name - the name of
 *   it
 * @returns something
 * @example
 * foo()
 */
function f() {}
/* eslint-disable */
`,
];

export const python: Document = [
  "python",
  `#!/usr/bin/env python
"""Says what the module does."""
def f(x):
    """Return the thing.

    Args:
        x (int): the x
    """
    # old = code;
    # explain snake_case here
`,
];

export const commit: Document = [
  "git-commit",
  `Fix the thing

The body of it wraps
here.

Signed-off-by: A <a@b>
# Please enter the message
`,
];
