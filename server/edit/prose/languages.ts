// What is prose in a document, by its language.

import { cutComments, hasComments } from "./commentParagraphs.ts";
import { cutLatex } from "./latexParagraphs.ts";
import { scanLatex } from "./latexMarks.ts";
import { scanMarkdown } from "./markdownMarks.ts";
import { cutMarkdown } from "./markdownParagraphs.ts";
import type { ScanMarks } from "./marks.ts";
import type { Paragraph } from "./paragraphs.ts";
import { scanComments, scanPlain } from "./plainMarks.ts";
import { cutCommitMessage, cutPlain } from "./plainParagraphs.ts";
import { scanRst } from "./rstMarks.ts";
import { cutRst } from "./rstParagraphs.ts";

export interface Prose {
  readonly cut: (text: string) => Paragraph[];
  readonly scan: ScanMarks;
}

const markdown: Prose = { cut: cutMarkdown, scan: scanMarkdown };
const latex: Prose = { cut: cutLatex, scan: scanLatex };
const commit: Prose = { cut: cutCommitMessage, scan: scanComments };
const plain: Prose = { cut: cutPlain, scan: scanPlain };

const languages: Readonly<Record<string, Prose>> = {
  markdown,
  mdx: markdown,
  quarto: markdown,
  rmd: markdown,
  latex,
  tex: latex,
  restructuredtext: { cut: cutRst, scan: scanRst },
  "git-commit": commit,
  scminput: commit,
};

export function proseOf(languageId: string): Prose {
  if (Object.hasOwn(languages, languageId)) return languages[languageId] ?? plain;
  return hasComments(languageId) ? { cut: (text) => cutComments(text, languageId), scan: scanComments } : plain;
}
