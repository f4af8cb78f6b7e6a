// From what the model wrote to what is shown: an ordered list of pure filters.

import type { GeneratedToken } from "../../engine/engine.ts";
import { isLeftOut } from "../ablation.ts";
import { followEnd } from "../ending.ts";
import { type CompletionRequest, linePrefixOf, lineSuffixOf } from "../request.ts";
import { replacedLengthOf } from "./replacedLength.ts";
import { dropCutLine } from "./dropCutLine.ts";
import { dropDoubledQuote } from "./dropDoubledQuote.ts";
import { isUnchanged } from "./isUnchanged.ts";
import { stopAtLeak } from "./stopAtLeak.ts";
import { stopAtRepetition } from "./stopAtRepetition.ts";
import { trimLeadingSpace } from "./trimLeadingSpace.ts";
import { trimSuffixOverlap } from "./trimSuffixOverlap.ts";
import { withholdSecret } from "./withholdSecret.ts";

export interface RefinedCompletion {
  readonly text: string;
  /** How many characters after the cursor the text takes the place of. */
  readonly replacedLength: number;
  /** Its tokens, with their ends in the text, where the engine tells of them. */
  readonly tokens?: readonly GeneratedToken[];
}

/**
 * The completion to show, or undefined where nothing is left. Never adds text.
 * @param cutLines leaves out lines at the end, by what is known of them beside the text
 */
export function refine(
  text: string,
  request: CompletionRequest,
  reachedLimit: boolean,
  cutLines = (written: string) => written,
): RefinedCompletion | undefined {
  const linePrefix = linePrefixOf(request);
  const lineSuffix = lineSuffixOf(request);
  const end = followEnd(request)(text);
  let refined = end === undefined ? dropCutLine(text, reachedLimit) : text.slice(0, end);
  refined = trimLeadingSpace(refined, linePrefix);
  if (!isLeftOut("doubledQuotes")) refined = dropDoubledQuote(refined, linePrefix);
  if (!isLeftOut("leaks")) refined = stopAtLeak(refined, request);
  if (!isLeftOut("secrets")) refined = withholdSecret(refined, linePrefix);
  refined = stopAtRepetition(refined, linePrefix);
  refined = trimSuffixOverlap(refined, request.suffix);
  refined = cutLines(refined.trimEnd()).trimEnd();
  if (refined === "") return undefined;
  const replacedLength = replacedLengthOf(refined, lineSuffix);
  if (isUnchanged(refined, lineSuffix, replacedLength)) return undefined;
  return { text: refined, replacedLength };
}
