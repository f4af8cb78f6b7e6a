// A real Neovim, set up as README.md says: ghost text of the bundled model is shown, accepted, and told to the server.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { findNeovim } from "../../scripts/neovim.ts";
import { childrenOf, isRunning, until } from "../support/processes.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-neovim-"));
after(() => fs.rmSync(folder, { recursive: true }));

/** What README.md tells users to put into their configuration, with the paths of this machine. */
function configuration(): string {
  const readme = fs.readFileSync(path.join(root, "README.md"), "utf8");
  const [, lua] = /```lua\n(.*?)```/s.exec(readme) ?? [];
  assert.ok(lua !== undefined, "README.md has no configuration for Neovim");
  const [here, node] = [JSON.stringify(path.join(root, "dist/server.cjs")), JSON.stringify(process.execPath)];
  const changed = lua.replace('"/path/to/falcon-vscode/dist/server.cjs"', here).replace('"node"', node);
  assert.ok(changed.includes(here) && changed.includes(node), lua);
  return changed.replace('"balanced"', '"eager", timeLimit = 60000');
}

test("Neovim shows ghost text, Tab accepts it, and the server ends with the editor", async (t) => {
  const { command, args, env } = await findNeovim();
  const [socket, file, init] = ["socket", "boats.py", "init.lua"].map((name) => path.join(folder, name));
  assert.ok(socket !== undefined && file !== undefined && init !== undefined);
  fs.writeFileSync(init, configuration());
  fs.writeFileSync(file, "import os\nimport sys\n\nfor name in os.listdir(");
  const editor = spawn(command, [...args, "--headless", "-n", "-u", init, "--listen", socket, file], {
    env: { ...process.env, ...env, XDG_STATE_HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(() => editor.kill("SIGKILL"));
  let output = "";
  for (const stream of [editor.stdout, editor.stderr]) stream.on("data", (data: Buffer) => (output += data.toString()));
  await until("Neovim listens", () => fs.existsSync(socket));

  const remote = async (...action: string[]) => {
    const { stdout } = await promisify(execFile)(command, [...args, "--server", socket, ...action], {
      env: { ...process.env, ...env },
    });
    return stdout.trim();
  };
  const evaluate = async (lua: string): Promise<string> =>
    remote("--remote-expr", `luaeval('${lua.replaceAll("'", "''")}')`);
  const untilEqual = async (lua: string, expected: (value: string) => boolean) => {
    for (const end = performance.now() + 60_000; ;) {
      const value = await evaluate(lua);
      if (expected(value)) return value;
      assert.ok(performance.now() < end, `${lua} stays ${value}: ${output}`);
      await sleep(100);
    }
  };
  const text = "table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), string.char(10))";
  // Inline completions are extmarks whose text is virtual.
  const shown =
    "vim.inspect(vim.iter(vim.api.nvim_buf_get_extmarks(0, -1, 0, -1, {details = true}))" +
    ":map(function(mark) return mark[4].virt_text and mark[4].virt_text[1][1] or '' end):totable())";

  const client = "vim.lsp.get_clients({name = 'falcon'})[1]";
  await untilEqual(
    `${client} ~= nil and ${client}.initialized == true`,
    (value) => value === "true" || value === "v:true",
  );
  const status = `vim.json.encode(${client}:request_sync('falcon/status', nil, 10000))`;
  await untilEqual(status, (value) => value.includes('"state":"ready"'));
  const before = await evaluate(text);
  await remote("--remote-send", "GA");
  const ghost = await untilEqual(shown, (marks) => /"[^"\s]+/.test(marks));
  assert.equal(await evaluate(text), before, `what is shown is written already: ${ghost}`);
  await remote("--remote-send", "<Tab>");
  const after = await untilEqual(text, (value) => value !== before);
  assert.ok(after.startsWith(before) && after.length > before.length, after);

  const servers = childrenOf(editor.pid);
  assert.equal(servers.length, 1, output);
  await remote("--remote-send", "<Esc>:qa!<CR>").catch(() => undefined);
  await until("the server is gone", () => servers.every((pid) => !isRunning(pid)));
});
