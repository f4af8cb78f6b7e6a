// A real VS Code for tests and for `npm start`: code-server is VS Code served to a browser, and npm carries it.

import { type ChildProcess, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";

import { installSystemPackages } from "./apt.ts";
import { installOnce, runNpm } from "./install.mjs";
import { endServices } from "./ownServices.ts";
import { findProgram, runProgram } from "./system.ts";

/** code-server 4.X.Y is VS Code 1.X.Y. */
const version = "4.139.1";

/** The folder of code-server, which is installed on first use. */
async function installCodeServer(): Promise<string> {
  const { platform, arch, versions } = process;
  if (platform === "win32")
    throw new Error("code-server does not run on Windows. Install VS Code, with `code` on the PATH.");
  const folder = await installOnce(
    `code-server-${version}-${platform}-${arch}-abi${versions.modules}`,
    async (draft) => {
      await requireCompiler();
      const step = (number: number, text: string) =>
        console.log(`Installing code-server ${version} (once): ${number}/4 ${text} …`);
      fs.writeFileSync(path.join(draft, "package.json"), "{}");
      const vscode = path.join(draft, "node_modules/code-server/lib/vscode");
      const extensions = path.join(vscode, "extensions");
      step(1, "code-server");
      await runNpm(["install", "--ignore-scripts", `code-server@${version}`], draft);
      step(2, "VS Code's packages");
      await runNpm(["install", "--omit=dev", "--ignore-scripts"], vscode);
      step(3, "the built-in extensions' packages");
      await runNpm(["install", "--omit=dev", "--ignore-scripts"], extensions);
      await runProgram(process.execPath, ["postinstall.mjs"], { cwd: extensions });
      step(4, "native modules");
      // Without the first, output channels stay empty; the second ends the extension host with its server.
      await runNpm(["rebuild", "@vscode/spdlog", "@vscode/native-watchdog"], vscode);
    },
  );
  return path.join(folder, "node_modules/code-server");
}

async function requireCompiler(): Promise<void> {
  const isThere = () => findProgram("python3") && findProgram("make") && findProgram("c++", "g++", "clang++");
  if (isThere()) return;
  if ((await installSystemPackages("python3", "make", "g++")) && isThere()) return;
  throw new Error(
    "code-server needs a C++ compiler, make and Python 3 to build two native modules. Please install them.",
  );
}

export interface EditorOptions {
  /** Extension to install. */
  readonly vsix?: string;
  /** Files that the workspace begins with: this folder is copied. */
  readonly workspace: string;
  /** User and machine settings of the fresh profile. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Lets a page run a test suite inside the extension host. It also hides toasts. */
  readonly testDriver?: boolean;
  /** A module that its Node processes load first. */
  readonly preload?: string;
  /** More variables of its environment. */
  readonly env?: NodeJS.ProcessEnv;
}

export interface Editor {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly password: string;
  /** A scratch copy that the editor has open. */
  readonly workspace: string;
  /** Where the profile's settings and logs are. */
  readonly userData: string;
  /** Id of the process group. */
  readonly pid: number;
  /** Changes some settings of the running editor. */
  readonly changeSettings: (change: Readonly<Record<string, unknown>>) => void;
  /** Ends every process of the editor and removes its files. */
  readonly dispose: () => Promise<void>;
}

/** Starts VS Code on the loopback, in a fresh profile, closed by a random password to other users of the machine. */
export async function startEditor(options: EditorOptions): Promise<Editor> {
  const codeServer = await installCodeServer();
  const entry = path.join(codeServer, "out/node/entry.js");
  const home = fs.mkdtempSync(path.join(tmpdir(), "falcon-editor-"));
  const profile = writeProfile(home, options);
  const password = randomBytes(12).toString("base64url");
  // Windows of it share models with each other and with no other editor.
  const services = path.join(home, "services");
  const environment = editorEnvironment(password, { FALCON_SERVICE_FOLDER: services, ...options.env });
  if (options.vsix) {
    await runQuietly(process.execPath, [entry, ...profile.args, "--install-extension", options.vsix], environment);
  }
  const preload = options.preload ? ["--require", options.preload] : [];
  const child = spawn(process.execPath, [...preload, entry, ...profile.args, ...serverArgs(options)], {
    cwd: home,
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  // Even where nobody disposes of it, nothing of the editor outlives this process.
  const killAll = () => {
    signalGroup(child, "SIGKILL");
    endServices(services);
    fs.rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  };
  const exit = () => process.exit(1);
  process.once("exit", killAll).once("SIGINT", exit).once("SIGTERM", exit);
  const dispose = async () => {
    await endGroup(child);
    endServices(services);
    process.off("exit", killAll).off("SIGINT", exit).off("SIGTERM", exit);
    fs.rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const url = await listeningUrl(child);
    const pid = child.pid ?? 0;
    const { workspace, userData, changeSettings } = profile;
    return { url, password, pid, dispose, workspace, userData, changeSettings };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function writeProfile(home: string, { settings, workspace }: EditorOptions) {
  const userData = path.join(home, "user-data");
  const config = path.join(home, "config.yaml");
  const copy = path.join(home, path.basename(workspace));
  fs.writeFileSync(config, "");
  fs.cpSync(workspace, copy, { recursive: true });
  const all = { ...settings };
  const changeSettings = (change: Readonly<Record<string, unknown>>) => {
    Object.assign(all, change);
    // A remote window reads settings of machine scope, such as the model's path, from the second file alone.
    for (const folder of ["User", "Machine"]) {
      fs.mkdirSync(path.join(userData, folder), { recursive: true });
      fs.writeFileSync(path.join(userData, folder, "settings.json"), JSON.stringify(all, null, 2));
    }
  };
  changeSettings({});
  const args = ["--config", config, "--user-data-dir", userData, "--extensions-dir", path.join(home, "extensions")];
  return { userData, workspace: copy, args, changeSettings };
}

function serverArgs({ testDriver }: EditorOptions): string[] {
  return [
    ...["--auth", "password", "--bind-addr", "127.0.0.1:0", "--disable-telemetry", "--disable-update-check"],
    ...["--disable-getting-started-override", "--disable-proxy", "--ignore-last-opened"],
    ...(testDriver ? ["--vscode-option", "enable-smoke-test-driver"] : []),
  ];
}

/** Our environment without what an editor that we were started from left in it, or what would move the address. */
function editorEnvironment(password: string, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(VSCODE_|CODE_SERVER_|ELECTRON_|PORT$|HASHED_PASSWORD$)/.test(name),
  );
  return {
    ...Object.fromEntries(inherited),
    ...more,
    // code-server checks each request against a plain password by Argon2, a tenth of a second of a processor; a hash is
    // compared. The password is random: nobody guesses it from its hash.
    HASHED_PASSWORD: createHash("sha256").update(password).digest("hex"),
    // Without a gallery the editor asks no marketplace for anything.
    EXTENSIONS_GALLERY: '{"serviceUrl":""}',
  };
}

/** Reads the address that the system gave us from what code-server prints, and waits until it answers there. */
async function listeningUrl(child: ChildProcess): Promise<string> {
  let output = "";
  const announced = new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const url = /listening on (http:\/\/127\.0\.0\.1:\d+)/i.exec(output)?.[1];
      if (url) resolve(url);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`code-server ended with ${String(code)}:\n${output}`)));
    setTimeout(() => reject(new Error(`code-server does not listen:\n${output}`)), 60_000).unref();
  });
  const url = await announced;
  await fetch(`${url}/healthz`);
  return url;
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  if (child.pid === undefined) return false;
  try {
    return process.kill(-child.pid, signal);
  } catch {
    return false; // No process of the group is left.
  }
}

/** Ends code-server with all that it started, and waits until the last one is gone. */
async function endGroup(child: ChildProcess): Promise<void> {
  const exited = child.exitCode === null && child.signalCode === null ? once(child, "exit") : Promise.resolve();
  signalGroup(child, "SIGTERM");
  for (let waited = 0; waited < 5_000 && signalGroup(child, 0); waited += 50) await sleep(50);
  signalGroup(child, "SIGKILL");
  await exited;
}

/** Runs a program and shows its output only when it fails. */
async function runQuietly(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`${path.basename(command)} ${args.join(" ")} failed:\n${output}`);
}
