// Runs what a model wrote: in a Python of its own, without the network, with little time and memory, and no file to write.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";

/** Seconds of a processor, kilobytes of memory, and no blocks of a file. */
const limits = "ulimit -t 5 && ulimit -v 1000000 && ulimit -f 0";
const longest = 20_000;

/** No program changes a file, starts another or opens a socket: a hook of Python's audit cannot be taken away again. */
const guard = `import sys
def _guard(event, values):
    denied = event.split(".")[0] in {"os", "shutil", "socket", "subprocess", "ctypes", "pty", "signal", "tempfile", "fcntl"}
    if denied and event not in {"os.listdir", "os.scandir"}: raise PermissionError(event)
    if event == "open" and isinstance(values[1], str) and set(values[1]) & set("wax+"): raise PermissionError(event)
    if event == "open" and values[1] is None and values[2] & 3: raise PermissionError(event)
sys.addaudithook(_guard)
`;

/** Whether programs can be run here at all. */
let works: Promise<boolean> | undefined;

/**
 * Whether the program ends without an exception.
 * @throws Error where not even an empty one does: it takes Linux with user namespaces, and python3
 */
export async function passes(program: string): Promise<boolean> {
  works ??= runs("");
  if (!(await works))
    throw new Error(
      "Programs cannot be run: that takes Linux, unshare (util-linux) with user namespaces, and python3.",
    );
  return runs(program);
}

async function runs(program: string): Promise<boolean> {
  // A network namespace without interfaces; -I: neither the environment nor the folder counts.
  const child = spawn("unshare", ["--user", "--net", "sh", "-c", `${limits} && exec python3 -I -`], {
    ...{ cwd: tmpdir(), env: { PATH: "/usr/local/bin:/usr/bin:/bin" }, timeout: longest, killSignal: "SIGKILL" },
    stdio: ["pipe", "ignore", "ignore"],
  });
  // A program that ends before it has read all of itself, or an unshare that is missing.
  child.stdin.on("error", () => undefined);
  child.stdin.end(guard + program);
  const [code] = (await once(child, "exit")) as [number | null];
  return code === 0;
}
