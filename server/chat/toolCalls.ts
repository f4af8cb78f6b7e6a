// The tool calls in an answer as it streams, however the model writes them: what it says goes on as text.

// Small models write Python's quotes, forget brackets and put fences around JSON: the library knows the ways it breaks.
import { jsonrepair } from "jsonrepair";

import { answerTags } from "../../src/shared/answerParts.ts";
import { followFences, type OpenFences } from "../../src/shared/fences.ts";
import type { JsonObject, Tool, ToolCall } from "../../src/shared/tools.ts";

/** Characters: more than models write, and few enough for work that grows with their square. */
const longestRepaired = 20_000;

type Tag = (typeof answerTags)[number];

const steps = new RegExp(["\n", ...answerTags.map(({ start }) => start)].join("|"), "g");

export class ToolCallStream {
  readonly calls: ToolCall[] = [];
  readonly #tools: ReadonlySet<string>;
  readonly #onText: (text: string) => void;
  /** The end of what came, where it may be the beginning of a tag. */
  #held = "";
  #line: string[] = [];
  /** The first four characters of the line, and whether what follows stands in inline code. */
  #lineHead = "";
  #inInlineCode = false;
  #fences: OpenFences = [];
  /** The tag whose end is waited for, and what came after it. */
  #tag: Tag | undefined;
  #body: string[] = [];
  #strings: OpenString = "before";

  /** @param onText gets in pieces what the answer says: no thinking, and no calls but those that cannot be read */
  constructor(tools: readonly Tool[], onText: (text: string) => void) {
    this.#tools = new Set(tools.map(({ name }) => name));
    this.#onText = onText;
  }

  push(text: string): void {
    let rest: string | undefined = this.#held + text;
    this.#held = "";
    while (rest !== undefined) rest = this.#tag ? this.#readBody(rest, this.#tag) : this.#readText(rest);
  }

  /** Reads what is not ended once no more text comes. A call counts where nothing of it is missing but the tag. */
  end(): void {
    const held = this.#held;
    this.#held = "";
    if (!this.#tag) this.#say(held);
    else if (this.#tag.kind === "toolCall") this.#take(this.#body.join("") + held, "");
  }

  /** Reads up to behind a tag; returns what is left, if that can be read now. */
  #readText(text: string): string | undefined {
    let said = 0;
    for (const { 0: step, index } of text.matchAll(steps)) {
      const next = index + step.length;
      if (step === "\n") {
        this.#line.push(text.slice(said, index));
        this.#fences = followFences(this.#fences, this.#line.join(""));
        this.#beginLine();
        this.#onText(text.slice(said, next));
        said = next;
      } else if (this.#fences.length === 0) {
        this.#say(text.slice(said, index));
        said = index;
        this.#tag = answerTags.find((tag) => tag.start === step && this.#opensHere(tag));
        if (this.#tag) return text.slice(next);
      }
    }
    const rest = text.slice(said);
    this.#held =
      this.#fences.length > 0
        ? ""
        : beginningOf(
            rest,
            answerTags.map(({ start }) => start),
          );
    this.#say(rest.slice(0, rest.length - this.#held.length));
    return undefined;
  }

  /** A tag is one at the start of a line. A call may follow what the model says of it, for its text is not lost where it is none. */
  #opensHere({ kind }: Tag): boolean {
    if (/^ {0,3}$/.test(this.#lineHead)) return true;
    return kind === "toolCall" && !this.#inInlineCode && this.#lineHead.trim() !== "";
  }

  #beginLine(): void {
    this.#line = [];
    this.#lineHead = "";
    this.#inInlineCode = false;
  }

  /** Reads up to behind the end tag; returns what is left, if that can be read now. */
  #readBody(text: string, { kind, end }: Tag): string | undefined {
    const found = text.indexOf(end);
    if (found < 0) {
      this.#held = beginningOf(text, [end]);
      this.#addToBody(text.slice(0, text.length - this.#held.length));
      return undefined;
    }
    this.#addToBody(text.slice(0, found));
    const rest = text.slice(found + end.length);
    if (kind === "toolCall" && isInString(this.#strings)) {
      // A file that is written may hold the tag.
      this.#addToBody(end);
      return rest;
    }
    if (kind === "toolCall") this.#take(this.#body.join(""), end);
    this.#tag = undefined;
    this.#body = [];
    this.#strings = "before";
    this.#beginLine();
    return rest;
  }

  #addToBody(text: string): void {
    this.#body.push(text);
    this.#strings = followStrings(this.#strings, text);
  }

  #say(text: string): void {
    this.#line.push(text);
    this.#lineHead += text.slice(0, 4 - this.#lineHead.length);
    if (text.split("`").length % 2 === 0) this.#inInlineCode = !this.#inInlineCode;
    if (text !== "") this.#onText(text);
  }

  /** Takes the calls between tags; as text, where they cannot be read. */
  #take(body: string, end: string): void {
    const calls = this.#read(body, end !== "");
    if (calls) this.calls.push(...calls);
    else this.#onText(`<tool_call>${body}${end}`);
  }

  /** @param isWhole whether the model ended it: nothing is added to what was cut */
  #read(body: string, isWhole: boolean): ToolCall[] | undefined {
    const values = parse(body, isWhole);
    const calls = (Array.isArray(values) ? values : [values]).map((value) => this.#readCall(value));
    if (calls.length > 0 && calls.every((call) => call !== undefined)) return calls;
    // A model that forgets an end tag goes on with the next call.
    const [first, ...more] = body.split(/^<tool_call>/m);
    if (first === undefined || more.length === 0) return undefined;
    const each = [first, ...more].map((part) => this.#read(part, isWhole));
    return each.every((some) => some !== undefined) ? each.flat() : undefined;
  }

  #readCall(value: unknown): ToolCall | undefined {
    if (!isObject(value)) return undefined;
    const call = isObject(value["function"]) ? value["function"] : value;
    const { name } = call;
    const given = call["arguments"] ?? call["parameters"] ?? {};
    const parsed = typeof given === "string" ? parse(given, true) : given;
    if (typeof name !== "string" || !this.#tools.has(name) || !isObject(parsed)) return undefined;
    return { name, arguments: parsed };
  }
}

/** The longest end of a text that is a beginning of one of the tags, but not the whole of it. */
function beginningOf(text: string, tags: readonly string[]): string {
  const longest = Math.max(...tags.map(({ length }) => length)) - 1;
  for (let length = Math.min(longest, text.length); length > 0; length--) {
    const end = text.slice(-length);
    if (tags.some((tag) => tag.startsWith(end))) return end;
  }
  return "";
}

/** Where JSON or Python ends: before its first bracket, between strings, or in one, perhaps behind a backslash. */
type OpenString = "before" | "between" | '"' | "'" | '"\\' | "'\\";

function followStrings(open: OpenString, text: string): OpenString {
  let now = open;
  for (const character of text) {
    if (now === "before") now = character === "{" || character === "[" ? "between" : now;
    else if (now === "between") now = character === '"' || character === "'" ? character : now;
    else if (now === '"\\') now = '"';
    else if (now === "'\\") now = "'";
    else if (character === "\\") now = now === '"' ? '"\\' : "'\\";
    else if (character === now) now = "between";
  }
  return now;
}

function isInString(open: OpenString): boolean {
  return open !== "before" && open !== "between";
}

/** A string without its end is never given one: it would do what nobody wrote. */
function parse(text: string, repair: boolean): unknown {
  try {
    return JSON.parse(text);
  } catch {
    if (!repair || text.length > longestRepaired || isInString(followStrings("before", text))) return undefined;
  }
  try {
    return JSON.parse(jsonrepair(text));
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
