// What is prose in a document, by its language.

import { commentCutterOf } from "./commentParagraphs.ts";
import type { CreateCutter } from "./cutDocument.ts";
import { LatexCutter } from "./latexParagraphs.ts";
import { scanLatex } from "./latexMarks.ts";
import { scanMarkdown } from "./markdownMarks.ts";
import { MarkdownCutter } from "./markdownParagraphs.ts";
import type { ScanMarks } from "./marks.ts";
import { scanComments, scanPlain } from "./plainMarks.ts";
import { CommitMessageCutter, PlainCutter } from "./plainParagraphs.ts";
import { scanRst } from "./rstMarks.ts";
import { RstCutter } from "./rstParagraphs.ts";

export interface Prose {
  readonly createCutter: CreateCutter;
  readonly scan: ScanMarks;
}

const markdown: Prose = { createCutter: (text) => new MarkdownCutter(text), scan: scanMarkdown };
const latex: Prose = { createCutter: (text) => new LatexCutter(text), scan: scanLatex };
const commit: Prose = { createCutter: (text) => new CommitMessageCutter(text), scan: scanComments };
const plain: Prose = { createCutter: (text) => new PlainCutter(text), scan: scanPlain };

const languages: Readonly<Record<string, Prose>> = {
  markdown,
  mdx: markdown,
  quarto: markdown,
  rmd: markdown,
  latex,
  tex: latex,
  restructuredtext: { createCutter: (text) => new RstCutter(text), scan: scanRst },
  "git-commit": commit,
  scminput: commit,
};

export function proseOf(languageId: string): Prose {
  if (Object.hasOwn(languages, languageId)) return languages[languageId] ?? plain;
  const createCutter = commentCutterOf(languageId);
  return createCutter ? { createCutter, scan: scanComments } : plain;
}
