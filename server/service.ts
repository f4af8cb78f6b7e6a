// The service process: holds the models for all language servers of a user that are of one version.

import "./nodeVersion.ts";

import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";

import { ModelProcess } from "./engine/process/modelProcess.ts";
import { Claims } from "./engine/shared/claims.ts";
import { runService } from "./engine/shared/service.ts";

/** Milliseconds that it stays after its last client. */
const idleTime = 60_000;

const text = { type: "string", default: "" } as const;
const { values } = parseArgs({ options: { folder: text, version: text, number: text, address: text, idle: text } });

void runService({
  claims: new Claims(values.folder, values.version),
  number: Number(values.number),
  address: values.address,
  createProcess: (log, onDied) => new ModelProcess({ modulePath: path.join(__dirname, "engine.cjs"), log, onDied }),
  // An unhandled rejection is a bug, but the requests that run need not end with it.
  watchFaults: (tell) => process.on("unhandledRejection", tell),
  isInstalled: () => fs.existsSync(__filename),
  idleTime: values.idle === "" ? idleTime : Number(values.idle),
}).then(
  () => process.exit(0),
  () => process.exit(1),
);
