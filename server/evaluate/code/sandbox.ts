// Runs what a model wrote, in Python within bubblewrap: without the network, with little time and memory, no file of the
// user's, and a folder in memory as the only place to write to.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import process from "node:process";
import type { Writable } from "node:stream";
import { promisify } from "node:util";
import * as l10n from "@vscode/l10n";

import { UserError } from "../../userError.ts";
import { guard, taken } from "./guard.ts";
import { noChildren } from "./noChildren.ts";

/** `died`: it ended itself, or was ended for what it took. */
export const outcomes = ["passed", "failed", "timedOut", "died"] as const;
export type Outcome = (typeof outcomes)[number];

/** Of a processor. The tests' own scorer counts those of the clock, and fails programs for a machine that is busy. */
const seconds = 3;
/** Milliseconds of the clock until all is ended from outside. */
const longest = 60_000;
const memory = 2 ** 31;
const written = 2 ** 26;
/** By the names of Python's module: bytes of memory and of a file, seconds of a processor, threads. */
const limits = {
  ...{ RLIMIT_AS: memory, RLIMIT_FSIZE: written, RLIMIT_CORE: 0 },
  ...{ RLIMIT_CPU: 2 * seconds, RLIMIT_NPROC: 64 },
};

/** Where Linux has its libraries. */
const system = ["/usr", "/lib", "/lib64", "/lib32", "/bin", "/nix/store", "/etc/ld.so.cache"];
const isolation = [
  ...["--unshare-all", "--die-with-parent", "--cap-drop", "ALL", "--clearenv", "--seccomp", "3"],
  ...system.flatMap((folder) => ["--ro-bind-try", folder, folder]),
];

interface Python {
  readonly executable: string;
  /** Such as 3.12. */
  readonly version: string;
  /** Folders that it is installed in. */
  readonly folders: readonly string[];
}

const describePython = `
import json, os, sys
names = {os.path.realpath(each) for each in (sys.executable, sys.prefix, sys.base_prefix, sys.exec_prefix)}
folders = sorted({name if os.path.isdir(name) else os.path.dirname(name) for name in names})
print(json.dumps({"executable": os.path.realpath(sys.executable), "version": "%d.%d" % sys.version_info[:2], "folders": folders}))
`;

export class Sandbox {
  readonly #python: Python;
  readonly #filter: Buffer;

  private constructor(python: Python, filter: Buffer) {
    this.#python = python;
    this.#filter = filter;
  }

  /**
   * Finds Python and bubblewrap, and tries them with a program that does nothing.
   * @throws UserError where one is missing or the system does not let it isolate: then no program runs at all
   */
  static async open(): Promise<Sandbox> {
    const filter = noChildren();
    if (process.platform !== "linux" || !filter) throw new UserError(elsewhere());
    const sandbox = new Sandbox(await findPython(), filter);
    const { outcome, problem } = await sandbox.#start("", new AbortController().signal);
    if (outcome !== "passed") throw new UserError(notIsolated(problem));
    return sandbox;
  }

  get pythonVersion(): string {
    return this.#python.version;
  }

  /** Undefined when the signal fired. */
  async run(program: string, signal: AbortSignal): Promise<Outcome | undefined> {
    const { outcome } = await this.#start(program, signal);
    return signal.aborted ? undefined : outcome;
  }

  async #start(program: string, signal: AbortSignal): Promise<{ outcome: Outcome; problem: string }> {
    const { executable, folders } = this.#python;
    const token = randomUUID();
    const args = [
      ...isolation,
      ...folders.flatMap((folder) => ["--ro-bind", folder, folder]),
      ...["--dev-bind", "/dev/null", "/dev/null", "--dev-bind", "/dev/urandom", "/dev/urandom"],
      ...["--size", String(written), "--tmpfs", "/tmp", "--chdir", "/tmp", "--remount-ro", "/"],
      ...["--", executable, "-I", "-c", guard],
    ];
    if (signal.aborted) return { outcome: "died", problem: "" };
    // In a session of its own, so that no terminal can be written to, and that all of it ends as one.
    const child = spawn("bwrap", args, { cwd: "/", detached: true, stdio: ["pipe", "pipe", "pipe", "pipe"] });
    const end = () => killGroup(child);
    const timer = setTimeout(end, longest);
    signal.addEventListener("abort", end);
    const filter = child.stdio[3] as Writable;
    // A program that ends before it was read, or bubblewrap that is missing.
    for (const input of [child.stdin, filter]) input.on("error", () => undefined);
    filter.end(this.#filter);
    child.stdin.end(JSON.stringify({ ...{ program, token, seconds, limits }, ...taken }));
    // What it writes there itself is neither kept nor believed.
    const output = firstCharacters(child.stdout, 100);
    const problem = firstCharacters(child.stderr, 1000);
    const ended = await new Promise<string>((resolve) => {
      child.on("error", (error) => resolve(error.message));
      child.on("close", () => resolve(""));
    });
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
    const outcome = outcomes.find((each) => output() === token + each);
    return { outcome: outcome ?? "died", problem: problem().trim() || ended };
  }
}

/**
 * Ends bubblewrap with all that it has started. What it starts waits for a word from it before it is bound to its end, and
 * would wait for ever.
 */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

function firstCharacters(stream: NodeJS.ReadableStream, most: number): () => string {
  let text = "";
  stream.on("data", (bytes: Buffer) => {
    if (text.length < most) text += bytes.toString("utf8", 0, most);
  });
  return () => text.slice(0, most);
}

async function findPython(): Promise<Python> {
  try {
    const { stdout } = await promisify(execFile)("python3", ["-I", "-c", describePython], {
      cwd: "/",
      timeout: longest,
    });
    return JSON.parse(stdout) as Python;
  } catch {
    throw new UserError(l10n.t("Tests that run code need Python 3, and no {0} was found. Install it.", "python3"));
  }
}

function elsewhere(): string {
  return l10n.t(
    "What a model writes is run on Linux alone (x64 and arm64), where bubblewrap keeps it from the network and from your files. Use a Linux machine, a container or WSL for this test.",
  );
}

function notIsolated(problem: string): string {
  return l10n.t(
    "What a model writes is run within bubblewrap 0.7 or later alone, which does not work here ({0}). Install {1}, or use a system that allows user namespaces.",
    problem,
    "bubblewrap",
  );
}
