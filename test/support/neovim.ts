// A real Neovim with the configuration of README.md, driven from outside.

import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { findNeovim, type Neovim } from "../../scripts/neovim.ts";
import { childrenOf, until } from "./processes.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** What README.md tells users to put into their configuration, with the paths of this machine. */
function configuration(server: string): string {
  const readme = fs.readFileSync(path.join(root, "README.md"), "utf8");
  const [, lua] = /```lua\n(.*?)```/s.exec(readme) ?? [];
  assert.ok(lua !== undefined, "README.md has no configuration for Neovim");
  const [here, node] = [JSON.stringify(server), JSON.stringify(process.execPath)];
  const changed = lua.replace('"/path/to/falcon-vscode/dist/server.cjs"', here).replace('"node"', node);
  assert.ok(changed.includes(here) && changed.includes(node), lua);
  return changed.replace('"balanced"', '"eager", timeLimit = 60000');
}

interface NeovimOptions {
  /** Path of the language server. */
  readonly server?: string;
  /** More variables of its environment. */
  readonly env?: NodeJS.ProcessEnv;
}

export class NeovimUnderTest {
  readonly #program: Neovim;
  readonly #socket: string;
  readonly #editor: ChildProcess;
  #output = "";

  private constructor(program: Neovim, folder: string, file: string, options: NeovimOptions) {
    this.#program = program;
    const [socket, init] = [path.join(folder, "socket"), path.join(folder, "init.lua")];
    fs.writeFileSync(init, configuration(options.server ?? path.join(root, "dist/server.cjs")));
    const { command, args } = program;
    const env = { ...program.env, ...options.env };
    this.#socket = socket;
    this.#editor = spawn(command, [...args, "--headless", "-n", "-u", init, "--listen", socket, file], {
      env: { ...process.env, ...env, XDG_STATE_HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.#editor.stdout, this.#editor.stderr]) {
      stream?.on("data", (data: Buffer) => (this.#output += data.toString()));
    }
  }

  /**
   * Opens a file, and waits until the server's model is loaded.
   * @param folder an empty one of its own
   */
  static async open(folder: string, file: string, options: NeovimOptions = {}): Promise<NeovimUnderTest> {
    const neovim = new NeovimUnderTest(await findNeovim(), folder, file, options);
    await until("Neovim listens", () => fs.existsSync(neovim.#socket));
    const client = "vim.lsp.get_clients({name = 'falcon'})[1]";
    await neovim.untilEqual(`${client} ~= nil and ${client}.initialized == true`, (value) =>
      ["true", "v:true"].includes(value),
    );
    const status = `vim.json.encode(${client}:request_sync('falcon/status', nil, 10000))`;
    await neovim.untilEqual(status, (value) => value.includes('"state":"ready"'));
    return neovim;
  }

  /** What it has written, which is faults. */
  get output(): string {
    return this.#output;
  }

  /** Ids of the language servers. */
  get servers(): number[] {
    return childrenOf(this.#editor.pid);
  }

  async text(): Promise<string> {
    return this.#evaluate("table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), string.char(10))");
  }

  /** Types keys, such as `GA` and `<Tab>`. */
  async type(keys: string): Promise<void> {
    await this.#remote("--remote-send", keys);
  }

  /** Waits for ghost text: inline completions are extmarks whose text is virtual. */
  async ghostText(): Promise<string> {
    const shown =
      "vim.inspect(vim.iter(vim.api.nvim_buf_get_extmarks(0, -1, 0, -1, {details = true}))" +
      ":map(function(mark) return mark[4].virt_text and mark[4].virt_text[1][1] or '' end):totable())";
    return this.untilEqual(shown, (marks) => /"[^"\s]+/.test(marks));
  }

  /** Waits until the text is what is expected. */
  async textWhere(expected: (text: string) => boolean): Promise<string> {
    return this.#untilHolds("the text", () => this.text(), expected);
  }

  /** Waits until an expression of Lua has a value that is expected. */
  async untilEqual(lua: string, expected: (value: string) => boolean): Promise<string> {
    return this.#untilHolds(lua, () => this.#evaluate(lua), expected);
  }

  async quit(): Promise<void> {
    await this.type("<Esc>:qa!<CR>").catch(() => undefined);
  }

  kill(): void {
    this.#editor.kill("SIGKILL");
  }

  async #untilHolds(what: string, read: () => Promise<string>, holds: (value: string) => boolean): Promise<string> {
    for (const end = performance.now() + 60_000; ;) {
      const value = await read();
      if (holds(value)) return value;
      assert.ok(performance.now() < end, `${what} stays ${value}: ${this.#output}`);
      await sleep(100);
    }
  }

  #evaluate(lua: string): Promise<string> {
    return this.#remote("--remote-expr", `luaeval('${lua.replaceAll("'", "''")}')`);
  }

  async #remote(...action: string[]): Promise<string> {
    const { command, args, env } = this.#program;
    const given = [...args, "--server", this.#socket, ...action];
    const { stdout } = await promisify(execFile)(command, given, { env: { ...process.env, ...env } });
    return stdout.trim();
  }
}
