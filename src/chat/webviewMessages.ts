// Checks what the chat page says: it is untrusted, and a message of any other shape is no message.

// valibot: the checks are values whose type is that of `PageNotice` and `PageRequest`, and it adds a few kilobytes.
import * as v from "valibot";

import { longestLink, longestPlace, longestQuery, longestText, mostPlaces } from "../shared/limits.ts";
import type { FromWebview } from "../shared/chat.ts";

const text = v.pipe(v.string(), v.maxLength(longestText));
const id = v.pipe(v.string(), v.maxLength(100));
const place = v.pipe(v.string(), v.maxLength(longestPlace));
const request = v.pipe(v.number(), v.safeInteger());

const message: v.GenericSchema<unknown, FromWebview> = v.variant("type", [
  v.strictObject({ type: v.literal("ready") }),
  v.strictObject({ type: v.literal("draft"), text }),
  v.strictObject({ type: v.literal("findPlaces"), names: v.pipe(v.array(place), v.maxLength(mostPlaces)) }),
  v.strictObject({ type: v.literal("send"), request, text }),
  v.strictObject({ type: v.literal("stop"), request }),
  v.strictObject({ type: v.literal("retry"), request }),
  v.strictObject({ type: v.literal("retryWith"), request }),
  v.strictObject({ type: v.literal("resend"), request, id, text }),
  v.strictObject({ type: v.literal("branch"), request, id }),
  v.strictObject({ type: v.literal("command"), request, command: v.picklist(["explain", "document"]) }),
  v.strictObject({ type: v.literal("completeLine"), request }),
  v.strictObject({ type: v.literal("copyCode"), request, code: text }),
  v.strictObject({ type: v.literal("insertCode"), request, code: text }),
  v.strictObject({ type: v.literal("applyCode"), request, code: text }),
  v.strictObject({ type: v.literal("newFile"), request, code: text, language: id }),
  v.strictObject({ type: v.literal("runCode"), request, code: text }),
  v.strictObject({ type: v.literal("openPlace"), request, name: place }),
  v.strictObject({ type: v.literal("findOffers"), request, query: v.pipe(v.string(), v.maxLength(longestQuery)) }),
  v.strictObject({ type: v.literal("chooseOffer"), request, id }),
  v.strictObject({ type: v.literal("attachSelection"), request }),
  v.strictObject({ type: v.literal("attachFile"), request }),
  v.strictObject({ type: v.literal("removeAttachment"), request, id }),
  v.strictObject({ type: v.literal("openAttachment"), request, id }),
  v.strictObject({ type: v.literal("openLink"), request, href: v.pipe(v.string(), v.maxLength(longestLink)) }),
  v.strictObject({
    type: v.literal("act"),
    request,
    action: v.picklist(["selectModel", "restartServer", "showLog", "retry"]),
  }),
]);

/** A message that is none. `request` is what its reply goes to, and `limit` the number of characters that it exceeds. */
export interface InvalidMessage {
  readonly type: "invalid";
  readonly request?: number;
  readonly limit?: number;
}

export function parseWebviewMessage(value: unknown): FromWebview | InvalidMessage {
  const result = v.safeParse(message, value);
  if (result.success) return result.output;
  const numbered = v.safeParse(v.object({ request }), value);
  const tooLong = result.issues.find((issue) => issue.type === "max_length");
  return {
    type: "invalid",
    ...(numbered.success && numbered.output),
    ...(typeof tooLong?.requirement === "number" && { limit: tooLong.requirement }),
  };
}

/** A link that may leave the editor; undefined for every other scheme. */
export function parseLink(href: string): URL | undefined {
  const url = URL.parse(href);
  return url && ["http:", "https:", "mailto:"].includes(url.protocol) ? url : undefined;
}
