// The command line: reads which command it is, and builds the real dependencies. Each command is a file of cli/.

import "./nodeVersion.ts";

import path from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";

import manifest from "../package.json" with { type: "json" };
import { runChat } from "./cli/chat.ts";
import { runCompare } from "./cli/compare.ts";
import { runComplete } from "./cli/complete.ts";
import { runDoctor } from "./cli/doctor.ts";
import { runEval } from "./cli/eval.ts";
import { createModels, type Program, UsageError } from "./cli/program.ts";
import { runServe } from "./cli/serve.ts";
import { findBundledModel, hostCreator } from "./installation.ts";
import { readSettings } from "./lsp/settings.ts";
import { OpenTelemetry } from "./metrics/openTelemetry.ts";
import { ServerMetrics } from "./metrics/registry.ts";
import { listModels } from "./models/store/listModels.ts";
import { UserError } from "./userError.ts";

const usage = `falcon COMMAND [OPTIONS]

  serve                   serves the models over HTTP (token: FALCON_API_TOKEN, else a random one)
  complete FILE:LINE:COL  prints the ghost text of a place
  chat [QUESTION]         answers a question, standard input, or one line after the other
  eval TEST…              measures the model with arc_challenge, hellaswag, mmlu or truthfulqa_mc2, or with humaneval,
                          humaneval_single_line_infilling, …_multi_line_… or …_random_span_…, which run what it
                          writes; what was answered is kept, so that the same command goes on where it was stopped
  compare FOLDER          which of the models given by --model completes the folder's Git history best; --minutes N
  models                  lists the models of the models folder and of the Hugging Face cache
  doctor                  prints what a report of a fault needs

  --model PATH            a GGUF file; the bundled one unless given
  --chat-model PATH       another for chats
  --models-folder PATH    where downloads are kept
  --context-size N        tokens of a context
  --gpu auto|metal|vulkan|off
  --kv-cache auto|f32|f16|q8_0
                          how a context is kept in memory
  --threads N
  --port N, --host H      of serve: 8737 on the loopback unless given
  --data FOLDER           of eval: the published files of the tests, as JSON lines or Parquet
  --limit N               so many questions of each subject; all unless given
  --form leaderboard      the examples that the Open LLM Leaderboard drew; those of today's harness unless given
  --answers FOLDER        where answers are kept; falcon-answers unless given
  --run-generated-code    lets humaneval… run code that the model writes, within bubblewrap
  --candidates NAME=VALUE,…
                          of compare: each model also with these in the place of the settings: context-size=N,
                          snippets=0 to 8, infill=prefixFirst|suffixFirst|none; may be given several times
  --version, --help
`;

const text = { type: "string" } as const;
const flag = { type: "boolean" } as const;
const options = {
  model: { ...text, multiple: true },
  ...{ "chat-model": text, "models-folder": text, "context-size": text, gpu: text, "kv-cache": text, threads: text },
  ...{ data: text, limit: text, form: text, answers: text, minutes: text },
  "run-generated-code": flag,
  candidates: { ...text, multiple: true },
  ...{ port: text, host: text, version: flag, help: { ...flag, short: "h" } },
} as const;

async function main(): Promise<void> {
  const { values, positionals } = readArguments();
  const [command = "", ...args] = positionals;
  const print = (piece: string) => process.stdout.write(piece);
  const note = (piece: string) => process.stderr.write(piece);
  const ended = new AbortController();
  // Who reads wants no more, as `head` does.
  process.stdout.on("error", () => ended.abort());
  if (values.version) return void print(`${manifest.version}\n`);
  if (values.help || command === "") return void print(usage);
  const settings = settingsOf(values);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ended.abort());
  const log: string[] = [];
  const metrics = new ServerMetrics();
  const addLine = (line: string) => {
    if (command === "serve") note(`${line}\n`);
    else log.push(line);
  };
  const openTelemetry = new OpenTelemetry(addLine);
  openTelemetry.use(undefined);
  const models = createModels(hostCreator(__dirname), { metrics, openTelemetry }, addLine);
  const program: Program = {
    ...{ settings, models, metrics, log, folder: __dirname, print, note, signal: ended.signal },
  };
  const commands: Record<string, () => Promise<void> | void> = {
    serve: () => runServe(wholeNumber("port", values.port) ?? 8737, values.host, program),
    complete: () => runComplete(args[0] ?? "", program),
    chat: () => runChat(args, program),
    eval: () => runEval(args, { ...values, limit: wholeNumber("limit", values.limit) }, program),
    compare: () => {
      const { model: models = [], candidates = [], minutes = "5" } = values;
      return runCompare(args[0] ?? "", { models, candidates, minutes }, program);
    },
    models: () => {
      for (const { name, path, size } of listModels(settings.models ?? {})) {
        print(`${name.padEnd(36)} ${(size / 1e9).toFixed(2).padStart(7)} GB  ${path}\n`);
      }
    },
    doctor: () => runDoctor(program),
  };
  const run = Object.hasOwn(commands, command) ? commands[command] : undefined;
  if (!run) throw new UsageError(`There is no command ${command}. falcon --help lists them.`);
  try {
    await run();
  } finally {
    await Promise.all([models.dispose(), openTelemetry.stop()]);
  }
}

function readArguments() {
  try {
    return parseArgs({ allowPositionals: true, options });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** Of each option what is given; the defaults are those of the editor. */
function settingsOf(values: ReturnType<typeof readArguments>["values"]) {
  const { model: models, gpu, "kv-cache": kvCache, "chat-model": chat, "models-folder": folder } = values;
  const model = models?.at(-1);
  const threads = wholeNumber("threads", values.threads);
  const contextSize = wholeNumber("context-size", values["context-size"]);
  const given = {
    model: {
      path: model === undefined ? (findBundledModel(__dirname) ?? "") : path.resolve(model),
      ...(gpu !== undefined && { gpu }),
      ...(kvCache !== undefined && { kvCache }),
      shared: false,
      ...(threads !== undefined && { threads }),
      ...(contextSize !== undefined && { contextSize }),
    },
    chat: chat === undefined ? {} : { model: path.resolve(chat) },
    models: folder === undefined ? {} : { folder: path.resolve(folder) },
  };
  return readSettings(given, (message) => {
    throw new UsageError(message.replace(/^settings\.model\.(\w+)/, (_, name: string) => `--${hyphenated(name)}`));
  });
}

/** Of a setting: its option. */
function hyphenated(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function wholeNumber(name: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  if (!/^\d{1,9}$/.test(given)) throw new UsageError(`--${name} must be a whole number.`);
  return Number(given);
}

main().then(
  // What is shared by others stays; nothing of this process is waited for.
  exit,
  (error: unknown) => {
    const isExpected = error instanceof UserError || error instanceof UsageError;
    const message =
      error instanceof Error ? (isExpected ? error.message : (error.stack ?? error.message)) : String(error);
    process.stderr.write(`falcon: ${message}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
    exit();
  },
);

/** Ends when what was written has arrived, which a pipe may take time for. */
function exit(): void {
  process.stdout.write("", () => process.stderr.write("", () => process.exit()));
}
