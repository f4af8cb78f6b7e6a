// Which files the model never reads by itself.

import assert from "node:assert/strict";
import { suite, test } from "node:test";

import manifest from "../../../package.json" with { type: "json" };
import { matchExcludedFiles, secretFiles } from "../../../src/shared/excludedFiles.ts";

suite("matchExcludedFiles", () => {
  const isSecret = matchExcludedFiles(secretFiles);

  test("package.json has the same default", () => {
    assert.deepEqual(manifest.contributes.configuration.properties["falcon.excludedFiles"].default, secretFiles);
  });

  for (const file of [
    ...[".env", ".env.local", ".ENV.Production", "prod.env", ".envrc", "server.pem", "tls.key", "store.p12"],
    ...["id_rsa", "id_ed25519", ".netrc", ".npmrc", ".pypirc", ".git-credentials", ".aws/credentials"],
    ...["credentials.json", ".ssh/config", ".kube/config", ".docker/config.json", "secrets.yaml"],
    ...[".vault_pass", ".vault_pass.txt", ".vault-token", ".bash_history", ".python_history", "fish_history"],
    ...[
      ".gnupg/private-keys-v1.d",
      "store/token.gpg",
      ".my.cnf",
      ".dev.vars",
      "gcloud/access_tokens.db",
      "prod.tfvars",
    ],
    ...["terraform.tfstate.backup", "AuthKey.p8", "gh/hosts.yml", ".m2/settings.xml", ".secrets"],
  ]) {
    test(`${file} is a secret, wherever it is`, () => {
      for (const folder of [
        "file:///",
        "file:///c%3A/Users/me/a%20project/",
        "vscode-remote://ssh-remote%2Bhost/home/",
      ]) {
        assert.ok(isSecret(folder + file));
      }
      assert.ok(isSecret(`vscode-notebook-cell:///home/${file}#W0sZmlsZQ`));
    });
  }

  for (const file of [
    "main.ts",
    "environment.ts",
    "env",
    "keys.ts",
    "id_rsa.ts",
    "package.json",
    "src/config",
    "browser_history.ts",
    "settings.xml",
    "hosts.yml",
    "a%zz.md",
  ]) {
    test(`${file} is none`, () => assert.ok(!isSecret(`file:///home/me/${file}`)));
  }

  test("a new document is none", () => assert.ok(!isSecret("untitled:Untitled-1")));

  test("globs name files, folders and places", () => {
    const isExcluded = matchExcludedFiles(["*.tf", "private/**", "keys/", "deploy\\prod\\*", "/etc/*.conf"]);
    assert.ok(isExcluded("file:///a/keys/b/c.ts") && isExcluded("file:///a/deploy/prod/b.ts"));
    assert.ok(isExcluded("file:///a/b/main.tf"));
    assert.ok(isExcluded("file:///a/private/b/c.ts"));
    assert.ok(isExcluded("file:///etc/a.conf"));
    assert.ok(!isExcluded("file:///home/etc/a.conf"));
    assert.ok(!matchExcludedFiles([])("file:///a/.env"));
    const cases = [
      ["a*b*c.ts", "abxbc.ts", "abc.tsx"],
      ["?.md", "a.md", "ab.md"],
      ["src/**/test/*", "src/x/y/test/a", "src/x/y/test/b/a"],
      ["src/**/test/*", "src/test/a", "src/atest/a"],
      ["**", "a/b", undefined],
      ["*", "a", undefined],
    ] as const;
    for (const [glob, named, other] of cases) {
      assert.ok(matchExcludedFiles([glob])(`file:///home/${named}`), glob);
      if (other !== undefined) assert.ok(!matchExcludedFiles([glob])(`file:///home/${other}`), glob);
    }
  });

  test("a long path is told from a glob of many stars in an instant", () => {
    const isExcluded = matchExcludedFiles(["*a*a*a*a*a*a*a*b", "**/a/**/a/**/a/**/a/**/b", "a*".repeat(100) + "b"]);
    assert.ok(!isExcluded(`file:///${"a".repeat(4000)}`));
    assert.ok(!isExcluded(`file://${"/a".repeat(2000)}`));
  });
});
