// A process that downloads the test's file: HUB FOLDER. It tells its parent how far it is, and when it is done.

import process from "node:process";

import { wait } from "../../server/models/download/waiting.ts";
import { download, openLoopback } from "./downloads.ts";

const [, , endpoint = "", folder = ""] = process.argv;
const network = await openLoopback();
await download({ endpoint, network, folder, wait, onProgress: ({ state }) => process.send?.(state) });
await network.close();
process.disconnect();
