// Ends a process whose Node is too old for the code that comes after it: each root imports this before anything else.

import process from "node:process";

/** VS Code 1.104, the oldest that runs the extension, brings Node 22. */
const oldest = 22;

if (Number(process.versions.node.split(".")[0]) < oldest) {
  process.stderr.write(`Falcon needs Node ${oldest} or later, and this is ${process.version}.\n`);
  process.exit(1);
}
