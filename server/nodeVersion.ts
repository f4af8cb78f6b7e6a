// Ends a process whose Node is too old for the code that comes after it: each root imports this before anything else.

import process from "node:process";

/** The first that tells the system's certificates (`tls.getCACertificates`). VS Code 1.104, the oldest that runs the extension, brings a later one. */
const oldest = [22, 15] as const;

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
  process.stderr.write(`Falcon needs Node ${oldest.join(".")} or later, and this is ${process.version}.\n`);
  process.exit(1);
}
