// The models of the roles, with hosts that load nothing: which are loaded before anything is asked of them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { RoleModels } from "../../../../server/models/session/roleModels.ts";
import { modelFile } from "../../../support/models.ts";
import { until } from "../../../support/processes.ts";
import { ScriptedHost } from "../../../support/scriptedHost.ts";

const settingsOf = (path: string) => ({ path, contextSize: 512, gpu: "off", threads: 1 }) as const;
const wanted = { completion: settingsOf(modelFile("falcon7b")), chat: settingsOf(modelFile("falcon40b")) };

function roleModels() {
  const hosts: ScriptedHost[] = [];
  const createHost = () => {
    const host = new ScriptedHost();
    hosts.push(host);
    return host;
  };
  const models = new RoleModels({ createHost, markers: [], onStatus: () => undefined, log: () => undefined });
  return { models, loads: () => hosts.flatMap((host) => host.loads) };
}

test("a role whose model is asked for before it is known which that is gets it then, and the other role none", async () => {
  const { models, loads } = roleModels();
  models.load("chat");
  models.use(wanted);
  await until("the chat's model is there", () => models.session("chat").model !== undefined);
  assert.deepEqual(loads(), [wanted.chat.path]);
  await models.dispose();
});

test("a role whose model was chosen before it is known that it is wanted gets it then", async () => {
  const { models, loads } = roleModels();
  models.use(wanted);
  models.use(wanted, ["completion"]);
  await until("the model of ghost text is there", () => models.session("completion").model !== undefined);
  models.use(wanted, ["completion"]);
  assert.deepEqual(loads(), [wanted.completion.path]);
  await models.dispose();
});
