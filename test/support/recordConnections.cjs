// Preloaded into every Node process of an editor: appends to the file FALCON_CONNECTIONS a line for the process itself,
// and one for each address beyond the loopback that it connects to.

"use strict";

const fs = require("node:fs");
const net = require("node:net");

// VS Code clears this at its start, and hands the preloading on to the extension host as an argument; from there on it
// has to be the environment again, for the processes that extensions start.
process.env.NODE_OPTIONS = `--require=${__filename}`;

const record = (line) => fs.appendFileSync(process.env.FALCON_CONNECTIONS, `${line}\n`);
record(`process ${process.argv[1]}`);

const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function (...args) {
  // Either connect(options), connect(port, host), connect(path), or Node's own form, an array of normalized arguments.
  const [first, second] = Array.isArray(args[0]) ? args[0] : args;
  const isPath = typeof first === "string" && Number.isNaN(Number(first));
  const options = typeof first === "object" ? first : isPath ? { path: first } : { port: first, host: second };
  const host = typeof options.host === "string" ? options.host : "localhost";
  if (!options.path && !/^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host)) record(`connection ${host}:${options.port}`);
  return connect.apply(this, args);
};
