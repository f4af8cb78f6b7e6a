// A receiver of OpenTelemetry's spans: OTLP over HTTP with JSON, checked by the published form of `ExportTraceServiceRequest`.

import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

import * as v from "valibot";

const nanoseconds = v.pipe(v.string(), v.regex(/^\d{19}$/));
const value = v.union([
  v.strictObject({ stringValue: v.string() }),
  v.strictObject({ intValue: v.union([v.number(), v.pipe(v.string(), v.regex(/^-?\d+$/))]) }),
  v.strictObject({ doubleValue: v.number() }),
  v.strictObject({ boolValue: v.boolean() }),
  v.strictObject({ arrayValue: v.strictObject({ values: v.array(v.strictObject({ stringValue: v.string() })) }) }),
]);
const attributes = v.array(v.strictObject({ key: v.string(), value }));
const span = v.object({
  traceId: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
  spanId: v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/)),
  name: v.string(),
  kind: v.picklist([1, 2, 3, 4, 5]),
  startTimeUnixNano: nanoseconds,
  endTimeUnixNano: nanoseconds,
  attributes,
  events: v.array(v.object({ name: v.string(), timeUnixNano: nanoseconds, attributes })),
  status: v.object({ code: v.optional(v.picklist([0, 1, 2]), 0) }),
});
const request = v.strictObject({
  resourceSpans: v.array(
    v.object({
      resource: v.object({ attributes }),
      scopeSpans: v.array(v.object({ scope: v.object({ name: v.string() }), spans: v.array(span) })),
    }),
  ),
});

type Attributes = v.InferOutput<typeof attributes>;

export interface ReceivedSpan extends Omit<v.InferOutput<typeof span>, "attributes"> {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource: Readonly<Record<string, unknown>>;
}

export interface OtlpReceiver {
  readonly address: string;
  readonly spans: ReceivedSpan[];
  /** Each body as it came, and what was wrong with one. */
  readonly bodies: string[];
  readonly faults: string[];
  close(): Promise<void>;
}

export async function receiveOtlp(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const bodies: string[] = [];
  const faults: string[] = [];
  const server = http.createServer((incoming, response) => {
    void text(incoming).then((body) => {
      bodies.push(body);
      if (incoming.method !== "POST" || incoming.url !== "/v1/traces")
        faults.push(`${incoming.method} ${incoming.url}`);
      if (incoming.headers["content-type"] !== "application/json")
        faults.push(String(incoming.headers["content-type"]));
      const read = v.safeParse(request, JSON.parse(body));
      if (read.success) spans.push(...read.output.resourceSpans.flatMap(spansOf));
      else faults.push(...read.issues.map((issue) => `${v.getDotPath(issue)}: ${issue.message}`));
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    bodies,
    faults,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function spansOf({ resource, scopeSpans }: v.InferOutput<typeof request>["resourceSpans"][number]): ReceivedSpan[] {
  return scopeSpans.flatMap(({ spans }) =>
    spans.map((each) => ({ ...each, attributes: recordOf(each.attributes), resource: recordOf(resource.attributes) })),
  );
}

function recordOf(given: Attributes): Record<string, unknown> {
  return Object.fromEntries(
    given.map(({ key, value }) => [
      key,
      "arrayValue" in value ? value.arrayValue.values.map(({ stringValue }) => stringValue) : Object.values(value)[0],
    ]),
  );
}
