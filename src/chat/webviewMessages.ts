// Checks what the chat page says: it is untrusted, and a message of any other shape is no message.

// valibot: the checks are values whose type is the protocol's, and it adds a few kilobytes.
import * as v from "valibot";

import type { FromWebview } from "../shared/protocol.ts";

/** Far more than a person types or a model writes, and little enough to handle. */
const text = v.pipe(v.string(), v.maxLength(1_000_000));
const id = v.pipe(v.string(), v.maxLength(100));

const message: v.GenericSchema<unknown, FromWebview> = v.variant("type", [
  v.strictObject({ type: v.literal("ready") }),
  v.strictObject({ type: v.literal("send"), text }),
  v.strictObject({ type: v.literal("stop") }),
  v.strictObject({ type: v.literal("retry") }),
  v.strictObject({ type: v.literal("copyCode"), code: text }),
  v.strictObject({ type: v.literal("insertCode"), code: text }),
  v.strictObject({ type: v.literal("attachSelection") }),
  v.strictObject({ type: v.literal("attachFile") }),
  v.strictObject({ type: v.literal("removeAttachment"), id }),
  v.strictObject({ type: v.literal("openAttachment"), id }),
  v.strictObject({ type: v.literal("openLink"), href: v.pipe(v.string(), v.maxLength(10_000)) }),
  v.strictObject({ type: v.literal("act"), action: v.picklist(["selectModel", "restartServer", "showLog", "retry"]) }),
]);

/** The message, or undefined when it has not the shape of one. */
export function parseWebviewMessage(value: unknown): FromWebview | undefined {
  const result = v.safeParse(message, value);
  return result.success ? result.output : undefined;
}

/** A link that may leave the editor; undefined for every other scheme. */
export function parseLink(href: string): URL | undefined {
  const url = URL.parse(href);
  return url && ["http:", "https:", "mailto:"].includes(url.protocol) ? url : undefined;
}
