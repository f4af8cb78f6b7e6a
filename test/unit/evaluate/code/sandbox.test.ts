// What becomes of programs in the sandbox. The verdicts of the first table are those of the scorer of HumanEval-Infilling
// (github.com/openai/human-eval-infilling at 88062ff) on the same programs.

import assert from "node:assert/strict";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import process, { env } from "node:process";
import { before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { provideBubblewrap } from "../../../../scripts/bubblewrap.ts";
import { type Outcome, Sandbox } from "../../../../server/evaluate/code/sandbox.ts";
import { UserError } from "../../../../server/userError.ts";

const never = new AbortController().signal;

/** Command lines of bubblewrap whose parent, a Node or bubblewrap itself, is gone. */
function orphans(): string[] {
  const read = (get: () => string) => {
    try {
      return get();
    } catch {
      return ""; // It is no process, has ended, or is another user's.
    }
  };
  const executable = (pid: string) => path.basename(read(() => fs.readlinkSync(`/proc/${pid}/exe`)));
  const parents = [path.basename(process.execPath), "bwrap"];
  return fs
    .readdirSync("/proc")
    .filter((pid) => executable(pid) === "bwrap")
    .filter((pid) => {
      const [, parent] = /^PPid:\s*(\d+)/m.exec(read(() => fs.readFileSync(`/proc/${pid}/status`, "utf8"))) ?? [];
      return parent !== undefined && !parents.includes(executable(parent));
    })
    .map((pid) => read(() => fs.readFileSync(`/proc/${pid}/cmdline`, "utf8")).replaceAll("\0", " "));
}

if (process.platform === "linux") {
  let sandbox: Sandbox;
  before(async () => {
    await provideBubblewrap();
    sandbox = await Sandbox.open();
  });

  const programs: Readonly<Record<string, readonly [program: string, outcome: Outcome]>> = {
    "is right": ["assert sum(range(10)) == 45", "passed"],
    "is wrong": ["assert sum(range(10)) == 46", "failed"],
    "is no Python": ["def (", "failed"],
    "does not end": ["while True: pass", "timedOut"],
    "catches what interrupts it, and does not end": [
      "while True:\n  try:\n    for _ in iter(int, 1): len([])\n  except Exception: pass",
      "died",
    ],
    "leaves by sys.exit": ["import sys\nsys.exit(0)", "failed"],
    "leaves by os._exit": ["import os\nos._exit(0)", "died"],
    "has no exit": ["exit(0)", "failed"],
    "kills itself": ["import os, signal\nsignal.raise_signal(signal.SIGKILL)", "died"],
    "is no main module": ["if __name__ == '__main__': raise ValueError", "passed"],
    "prints a lot": ["for _ in range(100): print('x' * 10**7)", "passed"],
    "writes to the terminal": ["import os\nos.write(1, b'passed')\nassert False", "failed"],
    "asks for input": ["input()", "failed"],
    "reads all input": ["import sys\nsys.stdin.read()", "failed"],
    forks: ["import os\nos.fork()", "failed"],
    "starts a program": ["import subprocess\nsubprocess.run(['true'])", "failed"],
    "starts a shell": ["import os\nos.system('true')", "failed"],
    "asks where it is": ["import os\nos.getcwd()", "failed"],
    "writes a file where it is": ["open('a', 'w').write('b')\nassert open('a').read() == 'b'", "passed"],
    "deletes a file": ["import os\nopen('a', 'w').close()\nos.remove('a')", "failed"],
    "has a thread": [
      "import threading\nthread = threading.Thread(target=print)\nthread.start()\nthread.join()",
      "passed",
    ],
    "recurses without an end": ["def f(): return f()\nf()", "failed"],
    "raises what is no Exception": ["raise KeyboardInterrupt", "failed"],
  };
  for (const [name, [program, outcome]] of Object.entries(programs)) {
    test(`a program that ${name}: ${outcome}`, async () => {
      const actual = await sandbox.run(program, never);
      // A machine may be too busy to give a program all the time that it may take.
      if (outcome === "timedOut" && actual === "died") return;
      assert.equal(actual, outcome);
    });
  }

  test("there is no network, not even this machine's own", async (t) => {
    const connected: unknown[] = [];
    const server = net.createServer((socket) => connected.push(socket)).listen(0, "127.0.0.1");
    t.after(() => server.close());
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as net.AddressInfo;
    const program = `import socket\nsocket.create_connection(("127.0.0.1", ${port}))`;
    assert.equal(await sandbox.run(program, never), "failed");
    assert.deepEqual(connected, []);
  });

  test("files of the user are not there, and nothing is left of what is written", async (t) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-sandbox-"));
    t.after(() => fs.rmSync(folder, { recursive: true }));
    fs.writeFileSync(path.join(folder, "secret"), "");
    const unseen = [os.homedir(), folder, "/proc", "/sys", "/etc/passwd", "/dev/mem"].filter((each) =>
      fs.existsSync(each),
    );
    // Python itself may be somewhere in the home folder: then its folders alone are there.
    const program = [
      "import os",
      `for each in ${JSON.stringify(unseen.slice(1))}: assert not os.path.exists(each), each`,
      `home = ${JSON.stringify(fs.readdirSync(os.homedir()))}`,
      `seen = [each for each in home if os.path.exists(os.path.join(${JSON.stringify(os.homedir())}, each))]`,
      "assert len(seen) <= 1, seen",
      'open("/tmp/falcon-left", "w").write("a")',
    ].join("\n");
    assert.equal(await sandbox.run(program, never), "passed");
    assert.equal(fs.existsSync("/tmp/falcon-left"), false);
    assert.equal(await sandbox.run('import os\nassert not os.path.exists("/tmp/falcon-left")', never), "passed");
  });

  test("nothing but its own folder can be written to, and that is small", async () => {
    for (const place of ["/", "/usr", "/dev"]) {
      assert.equal(await sandbox.run(`open("${place}/falcon", "w")`, never), "failed", place);
    }
    const files = 'for i in range(100):\n  with open(str(i), "wb") as file: file.write(bytes(2**20))';
    assert.equal(await sandbox.run(files, never), "failed");
  });

  test("no other process is made, by whatever name", async () => {
    const program = [
      "import posix, threading",
      "threads = [threading.Thread(target=print) for _ in range(10)]",
      "for each in threads: each.start()",
      "for fork in (posix.fork, posix.forkpty, lambda: posix.posix_spawn('/usr/bin/true', ['true'], {})):",
      "  try: fork()",
      "  except OSError: continue",
      "  posix._exit(1)",
    ].join("\n");
    assert.equal(await sandbox.run(program, never), "passed");
  });

  test("memory has a limit that a program cannot raise", async () => {
    assert.equal(await sandbox.run("bytes(2**30)", never), "passed");
    assert.equal(await sandbox.run("bytes(2**31)", never), "failed");
    const raise = 'import sys\ndel sys.modules["resource"]\nimport resource\n';
    const more = "resource.setrlimit(resource.RLIMIT_AS, (2**33, 2**33))";
    assert.equal(await sandbox.run(raise + more, never), "failed");
  });

  test("the environment is empty of what is the user's", async (t) => {
    env["FALCON_SECRET"] = "secret";
    t.after(() => delete env["FALCON_SECRET"]);
    assert.equal(await sandbox.run('import os\nassert "FALCON_SECRET" not in os.environ', never), "passed");
  });

  const endless = {
    "does not end": "while True: pass",
    "sleeps in a session of its own": "import os, time\nos.setsid()\ntime.sleep(1000)",
  };
  for (const [name, program] of Object.entries(endless)) {
    test(`a program that ${name} is stopped at any time: it has no outcome, and is gone`, async () => {
      for (let delay = 0; delay < 60; delay += 3) {
        const stopped = new AbortController();
        const running = sandbox.run(program, stopped.signal);
        await sleep(delay);
        stopped.abort();
        assert.equal(await running, undefined);
      }
      assert.deepEqual(orphans(), []);
    });
  }

  test("what is stopped before it begins has no outcome", async () => {
    assert.equal(await sandbox.run("", AbortSignal.abort()), undefined);
  });

  test("without bubblewrap nothing runs, and it is said what to install", async (t) => {
    const { PATH } = env;
    t.after(() => (env["PATH"] = PATH));
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-no-sandbox-"));
    t.after(() => fs.rmSync(folder, { recursive: true }));
    const python = (PATH ?? "")
      .split(path.delimiter)
      .map((each) => path.join(each, "python3"))
      .find((file) => fs.existsSync(file));
    assert.ok(python);
    fs.writeFileSync(path.join(folder, "python3"), `#!/bin/sh\nPATH='${PATH}' exec '${python}' "$@"\n`, {
      mode: 0o755,
    });
    env["PATH"] = folder;
    await assert.rejects(
      Sandbox.open(),
      (error) => error instanceof UserError && /Install bubblewrap/.test(error.message),
    );
  });
} else {
  test("where there is no bubblewrap nothing runs", async () => {
    await assert.rejects(Sandbox.open(), (error) => error instanceof UserError && /Linux/.test(error.message));
  });
}
