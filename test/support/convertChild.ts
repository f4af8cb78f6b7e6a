// A process that converts FOLDER to FILE by threads that run WORKER, and says how that fails.

import process from "node:process";

import { convertFolder } from "../../server/models/convert/convertFolder.ts";

const [folder = "", file = "", workerPath = ""] = process.argv.slice(2);
try {
  await convertFolder(folder, file, "Q4_0", { workerPath });
} catch (error) {
  console.log(String(error));
}
