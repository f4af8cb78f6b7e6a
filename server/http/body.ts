// The body of a request: read as far as it may be long, and checked.

import type { IncomingMessage } from "node:http";
import * as v from "valibot";

import { ApiError } from "./apiError.ts";

/** Levels of objects and lists; what walks through them call by call has room for more. */
const deepest = 100;

/** @throws ApiError when it is too long, too deep, no JSON, or not what the schema says */
export async function readBody<Output>(
  request: IncomingMessage,
  schema: v.GenericSchema<unknown, Output>,
  longest: number,
): Promise<Output> {
  const body = parseJson(await readText(request, longest));
  if (isTooDeep(body)) {
    throw new ApiError(400, `The body is nested deeper than ${deepest} levels.`, { code: "invalid_json" });
  }
  const result = v.safeParse(schema, body);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const place = v.getDotPath(issue);
  throw new ApiError(400, `${place === null ? "The body" : place}: ${issue.message}`, { code: "invalid_value" });
}

async function readText(request: IncomingMessage, longest: number): Promise<string> {
  const tooLong = () => new ApiError(413, `The body is longer than ${longest} bytes.`, { code: "request_too_large" });
  if (Number(request.headers["content-length"] ?? 0) > longest) throw tooLong();
  const chunks: Buffer[] = [];
  let length = 0;
  // Left early, the loop would destroy the connection before the answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > longest) throw tooLong();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ApiError(400, `The body is no JSON: ${reason}`, { code: "invalid_json" });
  }
}

/** Whether objects and lists are nested too deep. Goes level by level, since calls for each would overflow the stack. */
export function isTooDeep(value: unknown): boolean {
  let level = nestedIn([value]);
  for (let depth = 0; depth < deepest && level.length > 0; depth++) {
    level = nestedIn(level.flatMap((each): unknown[] => Object.values(each)));
  }
  return level.length > 0;
}

function nestedIn(values: readonly unknown[]): object[] {
  return values.filter((each): each is object => typeof each === "object" && each !== null);
}
