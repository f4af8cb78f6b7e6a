// Spans of requests: sent only where an endpoint is named, with OpenTelemetry's attributes, and no harm where nobody takes them.

import assert from "node:assert/strict";
import { afterEach, mock, suite, test } from "node:test";

import type { EndedRequest } from "../../../server/metrics/events.ts";
import { OpenTelemetry } from "../../../server/metrics/openTelemetry.ts";
import { receiveOtlp } from "../../support/otlpReceiver.ts";
import { loadedModel } from "../../support/scriptedModel.ts";

/** Of tests whose spans must arrive, however busy the machine is. */
const patience = 60_000;

const usage = { prompt: 100, reused: 40, generated: 11, accepted: 0, firstToken: 50, duration: 1050 };

function ended(change: Partial<EndedRequest> = {}): EndedRequest {
  return {
    operation: "chat",
    model: loadedModel,
    start: Date.now() - 1050,
    asked: { maxTokens: 200, temperature: 0.1, topP: 0.9 },
    outcome: { usage, stopReason: "end" },
    ...change,
  };
}

function setEnvironment(variables: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(process.env)) if (name.startsWith("OTEL_")) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, variables);
}

suite("OpenTelemetry", () => {
  afterEach(() => setEnvironment({}));

  test("a span has the attributes of a request, and when its first token came", async () => {
    setEnvironment({ OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test", OTEL_SERVICE_NAME: "ours" });
    const receiver = await receiveOtlp();
    const openTelemetry = new OpenTelemetry(() => undefined, patience);
    openTelemetry.use(receiver.address);
    const start = Date.now() - 2000;
    openTelemetry.onRequest(ended({ start }));
    openTelemetry.onRequest(ended({ operation: "text_completion", outcome: { error: "decodeFailed" } }));
    const remote = { name: "Lab", host: "lab.example", encrypted: true };
    openTelemetry.onRequest(
      ended({ model: { ...loadedModel, remote }, outcome: { usage, stopReason: "interrupted" } }),
    );
    await openTelemetry.stop();
    await receiver.close();
    assert.deepEqual(receiver.faults, []);
    const [chat, failed, interrupted, ...more] = receiver.spans;
    assert.ok(chat && failed && interrupted);
    assert.deepEqual(more, []);
    assert.equal(chat.name, "chat falcon-7b-instruct");
    assert.equal(chat.kind, 1);
    assert.equal(chat.startTimeUnixNano, `${start}000000`);
    assert.ok(chat.endTimeUnixNano >= `${start + 2000}000000`);
    assert.deepEqual(
      chat.events.map(({ name, timeUnixNano }) => [name, timeUnixNano]),
      [["first_token", `${start + 50}000000`]],
    );
    assert.deepEqual(chat.attributes, {
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "falcon",
      "gen_ai.request.model": "falcon-7b-instruct",
      "gen_ai.request.max_tokens": 200,
      "gen_ai.request.temperature": 0.1,
      "gen_ai.request.top_p": 0.9,
      "gen_ai.response.model": "falcon-7b-instruct",
      "gen_ai.response.finish_reasons": ["stop"],
      "gen_ai.usage.input_tokens": 100,
      "gen_ai.usage.output_tokens": 11,
      "gen_ai.usage.cache_read.input_tokens": 40,
    });
    assert.equal(chat.resource["service.name"], "ours");
    assert.equal(chat.resource["deployment.environment.name"], "test");
    assert.equal(failed.attributes["error.type"], "decodeFailed");
    assert.deepEqual(failed.status, { code: 2 });
    assert.equal(interrupted.attributes["server.address"], "lab.example");
    assert.equal(interrupted.kind, 3);
    assert.equal(interrupted.attributes["error.type"], "died");
  });

  test("the environment alone turns it on, the setting goes before it, and its own switches turn it off", async () => {
    const [ours, theirs] = [await receiveOtlp(), await receiveOtlp()];
    const send = async (variables: Readonly<Record<string, string>>, setting?: string) => {
      setEnvironment(variables);
      const openTelemetry = new OpenTelemetry(() => undefined, patience);
      openTelemetry.use(setting);
      openTelemetry.onRequest(ended());
      await openTelemetry.stop();
      return [ours.spans.splice(0).length, theirs.spans.splice(0).length];
    };
    const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: theirs.address };
    assert.deepEqual(await send({}), [0, 0]);
    assert.deepEqual(await send({}, " "), [0, 0]);
    assert.deepEqual(await send(endpoint), [0, 1]);
    assert.deepEqual(await send(endpoint, `${ours.address}/`), [1, 0]);
    for (const end of ["/v1/traces", "/v1/traces/", "//"]) {
      assert.deepEqual(await send(endpoint, ours.address + end), [1, 0]);
    }
    assert.deepEqual(await send({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${theirs.address}/v1/traces` }), [0, 1]);
    assert.deepEqual(await send({ ...endpoint, OTEL_SDK_DISABLED: "true" }), [0, 0]);
    assert.deepEqual(await send({ ...endpoint, OTEL_TRACES_EXPORTER: "none" }), [0, 0]);
    assert.deepEqual([...ours.faults, ...theirs.faults], []);
    await Promise.all([ours.close(), theirs.close()]);
  });

  test("another endpoint takes the place of the last", async () => {
    setEnvironment({});
    const [first, second] = [await receiveOtlp(), await receiveOtlp()];
    const openTelemetry = new OpenTelemetry(() => undefined, patience);
    openTelemetry.use(first.address);
    openTelemetry.onRequest(ended());
    openTelemetry.use(second.address);
    openTelemetry.onRequest(ended());
    openTelemetry.use(undefined);
    openTelemetry.onRequest(ended());
    await openTelemetry.stop();
    await until(() => first.spans.length === 1 && second.spans.length === 1);
    await Promise.all([first.close(), second.close()]);
  });

  test("an endpoint that is no address, or where nobody listens, costs one line of the log", async () => {
    setEnvironment({});
    const closed = await receiveOtlp();
    await closed.close();
    for (const [endpoint, words] of [
      ["localhost:4318", /no HTTP address/],
      ["grpc://localhost:4317", /no HTTP address/],
      [closed.address, /spans could not be sent/],
    ] as const) {
      const lines: string[] = [];
      const openTelemetry = new OpenTelemetry((line) => lines.push(line), patience);
      // The exporter tries again until its time is over.
      setEnvironment({ OTEL_EXPORTER_OTLP_TIMEOUT: "200" });
      openTelemetry.use(endpoint);
      for (let request = 0; request < 5000; request++) openTelemetry.onRequest(ended());
      await openTelemetry.stop();
      assert.equal(lines.filter((line) => words.test(line)).length, 1, lines.join("\n"));
      assert.ok(lines.length <= 2, lines.join("\n"));
    }
  });

  test("a receiver that is down is not waited for so long that an editor gives up on the server", async () => {
    setEnvironment({});
    const closed = await receiveOtlp();
    await closed.close();
    const openTelemetry = new OpenTelemetry(() => undefined);
    openTelemetry.use(closed.address);
    openTelemetry.onRequest(ended());
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      const stopped = openTelemetry.stop();
      mock.timers.tick(1000);
      await stopped;
    } finally {
      mock.timers.reset();
    }
  });
});

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    assert.ok(tries < 3000, "waited in vain");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
