// The requests of fine-tuning on the workspace.

import { cp } from "node:fs/promises";
import path from "node:path";

import type { Connection } from "vscode-languageserver";

import {
  convertAdapterRequest,
  describeFineTuningRequest,
  type FineTuningPart,
  measureKeptRequest,
  prepareFineTuningRequest,
} from "../../src/shared/finetuning.ts";
import { WorkspaceFiles } from "../completion/context/workspaceFiles.ts";
import { collectFiles } from "../finetune/collectFiles.ts";
import { measureKept } from "../finetune/measureKept.ts";
import { type DataPart, describeData, writeData } from "../finetune/writeData.ts";
import { convertAdapter } from "../models/convert/convertFolder.ts";
import { type Assistant, signalOf } from "./assistant.ts";
import { folderParams, measureKeptParams, readParams, trainedAdapterParams } from "./params.ts";

/** @param scripts the folder of those that train */
export function registerFineTuning(
  connection: Connection,
  assistant: Assistant,
  { convertWorker: workerPath, scripts }: { readonly convertWorker: string; readonly scripts: string },
): void {
  const files = () =>
    new WorkspaceFiles({
      folders: () => assistant.trustedFolders,
      isAllowed: (uri) => !assistant.isExcluded(uri),
      isVisited: () => false,
      openText: () => undefined,
    });
  connection.onRequest(describeFineTuningRequest, (token) =>
    assistant.answer(async () => {
      const signal = signalOf(token);
      const model = await assistant.ready("completion", signal);
      const { training, heldOut } = await describeData(files(), model, signal);
      return { training: describe(training), heldOut: describe(heldOut) };
    }),
  );
  connection.onRequest(prepareFineTuningRequest, (params, token) =>
    assistant.answer(async () => {
      const { folder } = readParams(folderParams, params);
      const signal = signalOf(token);
      const model = await assistant.ready("completion", signal);
      const { training, heldOut } = await writeData(files(), model, folder, signal);
      await cp(scripts, folder, { recursive: true, filter: (file) => !/test_|__pycache__/.test(path.basename(file)) });
      return { training: describe(training), heldOut: describe(heldOut) };
    }),
  );
  connection.onRequest(convertAdapterRequest, (params, token) =>
    assistant.answer(async () => {
      const { folder, base, file } = readParams(trainedAdapterParams, params);
      const modelFile = assistant.modelPath("completion");
      await convertAdapter({ folder, base, modelFile }, file, { workerPath, signal: signalOf(token) });
    }),
  );
  connection.onRequest(measureKeptRequest, (params, token) =>
    assistant.answer(async () => {
      const signal = signalOf(token);
      const { heldOut: told } = readParams(measureKeptParams, params);
      const { training, heldOut } = await collectFiles(files(), signal);
      // Which files are held out changes with what is there, and an adapter may have learned from those that are now.
      const notLearned = told ? [...training, ...heldOut].filter((file) => told.includes(file.path)) : heldOut;
      return measureKept(notLearned, await assistant.ready("completion", signal), signal);
    }),
  );
}

function describe({ files, tokens }: DataPart): FineTuningPart {
  return { files: files.map((file) => file.path), tokens };
}
