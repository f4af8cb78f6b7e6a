// A saved state is found to be damaged whatever happened to its file.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, suite, test } from "node:test";

import { hasValidChecksum, readTokens, appendChecksum } from "../../../server/engine/llama/promptCache/stateFile.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-state-file-"));
after(() => fs.rmSync(folder, { recursive: true }));

const identity = "a".repeat(64);
const file = path.join(folder, "state");

/** A state of three tokens as llama.cpp begins it, longer than one read. */
function stateBytes(): Buffer {
  const header = [0x67677371, 3, 3, 11, 22, 33].map((value) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  });
  return Buffer.concat([...header, randomBytes(3 * 2 ** 20)]);
}

async function sealed(state = stateBytes()): Promise<Buffer> {
  fs.writeFileSync(file, state);
  await appendChecksum(file, identity, state.length);
  return fs.readFileSync(file);
}

suite("the file of a saved state", () => {
  test("holds the state, unchanged, and is whole", async () => {
    const state = stateBytes();
    const bytes = await sealed(state);
    assert.ok(bytes.subarray(0, state.length).equals(state));
    assert.ok(await hasValidChecksum(file, identity));
    assert.deepEqual(await readTokens(file), [11, 22, 33]);
  });

  test("is not whole when it was cut anywhere, or something was appended", async () => {
    const bytes = await sealed();
    for (const length of [0, 1, 31, 32, 33, 100, bytes.length - 33, bytes.length - 32, bytes.length - 1]) {
      fs.writeFileSync(file, bytes.subarray(0, length));
      assert.equal(await hasValidChecksum(file, identity), false, `${length} bytes`);
    }
    fs.writeFileSync(file, Buffer.concat([bytes, Buffer.from("x")]));
    assert.equal(await hasValidChecksum(file, identity), false);
  });

  test("is not whole when one bit changed", async () => {
    const bytes = await sealed();
    for (const place of [0, 4, 8, 20, bytes.length >> 1, bytes.length - 33, bytes.length - 32, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(place) ^ 1, place);
      fs.writeFileSync(file, changed);
      assert.equal(await hasValidChecksum(file, identity), false, `byte ${place}`);
    }
  });

  test("is not whole for another model", async () => {
    await sealed();
    assert.equal(await hasValidChecksum(file, "b".repeat(64)), false);
  });

  test("is not sealed when the end of it was not written", async () => {
    const state = stateBytes();
    fs.writeFileSync(file, state.subarray(0, -100));
    await assert.rejects(appendChecksum(file, identity, state.length), /3145\d+ of 3145\d+ bytes/);
  });

  test("has no tokens when it is something else", async () => {
    const state = stateBytes();
    const changed = (change: (bytes: Buffer) => void) => {
      const bytes = Buffer.from(state);
      change(bytes);
      return bytes;
    };
    const others = [
      Buffer.alloc(0),
      Buffer.from("hello"),
      Buffer.alloc(1000),
      changed((bytes) => bytes.writeUInt32LE(1, 0)),
      changed((bytes) => bytes.writeUInt32LE(4, 4)),
      changed((bytes) => bytes.writeUInt32LE(2 ** 32 - 1, 8)),
      state.subarray(0, 20),
    ];
    for (const bytes of others) {
      fs.writeFileSync(file, bytes);
      assert.deepEqual(await readTokens(file), []);
    }
  });
});
