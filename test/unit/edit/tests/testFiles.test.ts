// Where tests go, and in which framework they are written.

import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { conventionOf, frameworkOf } from "../../../../src/edit/tests/conventions.ts";
import { placeOfTests } from "../../../../src/edit/tests/testFiles.ts";
import fc from "../../../support/fastCheck.ts";

function assertPlace(language: string, source: string, files: readonly string[], path: string, exists: boolean): void {
  assert.deepEqual(placeOfTests(source, [source, ...files], conventionOf(language)), { path, exists });
}

suite("the place of tests", () => {
  test("is the file that tests it already, in whatever folder", () => {
    const inAFolder = ["test/unit/edit/hunks.test.ts"];
    assertPlace("typescript", "src/edit/hunks.ts", inAFolder, "test/unit/edit/hunks.test.ts", true);
    assertPlace("typescriptreact", "src/Button.tsx", ["src/Button.spec.ts"], "src/Button.spec.ts", true);
    assertPlace("python", "pkg/quay.py", ["tests/test_quay.py"], "tests/test_quay.py", true);
    assertPlace("go", "quay/quay.go", ["quay/quay_test.go"], "quay/quay_test.go", true);
    const java = ["src/test/java/org/a/FooTest.java", "src/test/java/org/b/FooTest.java"];
    assertPlace("java", "src/main/java/org/b/Foo.java", java, "src/test/java/org/b/FooTest.java", true);
  });

  test("has the name of its file, whatever is in it", () => {
    assertPlace("typescript", "src/$$route.$&.ts", [], "src/$$route.$&.test.ts", false);
    assertPlace("typescript", "src/$$route.ts", ["test/$$route.test.ts"], "test/$$route.test.ts", true);
  });

  test("is not the file that tests another of the same name", () => {
    const files = ["packages/a/index.test.ts"];
    assertPlace("typescript", "packages/b/index.ts", files, "packages/b/index.test.ts", false);
  });

  test("is a new file beside the code, or where the language's tests are, as long as there are none", () => {
    assertPlace("typescript", "src/add.ts", [], "src/add.test.ts", false);
    assertPlace("python", "add.py", [], "tests/test_add.py", false);
    assertPlace("python", "services/api/add.py", [], "services/api/test_add.py", false);
    assertPlace("go", "add.go", [], "add_test.go", false);
    assertPlace("java", "src/main/java/a/Add.java", [], "src/test/java/a/AddTest.java", false);
    assertPlace("cobol", "add.cob", [], "add_test.cob", false);
  });

  test("is a new file where the nearest tests are, named as they are", () => {
    assertPlace("typescript", "src/add.ts", ["src/sub.spec.ts"], "src/add.spec.ts", false);
    assertPlace("typescript", "src/a/add.ts", ["test/a/sub.test.ts"], "test/a/add.test.ts", false);
    assertPlace("typescript", "src/a/add.ts", ["test/sub.test.ts"], "test/add.test.ts", false);
    assertPlace("typescript", "src/a/add.ts", ["test/unit/b/sub.test.ts"], "test/unit/a/add.test.ts", false);
    assertPlace("javascript", "src/a/add.js", ["src/b/__tests__/sub.test.js"], "src/a/__tests__/add.test.js", false);
    assertPlace("python", "pkg/add.py", ["tests/sub_test.py"], "tests/add_test.py", false);
    const inPackages = ["packages/a/test/x.test.ts", "packages/b/src/y.ts"];
    assertPlace("typescript", "packages/a/src/add.ts", inPackages, "packages/a/test/add.test.ts", false);
  });

  test("is the file itself where that is one of tests, or its language has them there", () => {
    assertPlace("typescript", "src/add.test.ts", [], "src/add.test.ts", true);
    assertPlace("rust", "src/add.rs", [], "src/add.rs", true);
  });

  test("property: it is in the workspace, and there whenever it is said to be", () => {
    const part = fc.constantFrom(
      "src",
      "test",
      "a",
      "b",
      "__tests__",
      "unit",
      "main",
      "x.ts",
      "x.test.ts",
      "test_x.py",
    );
    const file = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("/"));
    fc.assert(
      fc.property(
        file,
        fc.array(file),
        fc.constantFrom("typescript", "python", "java", "x"),
        (source, files, language) => {
          const place = placeOfTests(source, files, conventionOf(language));
          assert.doesNotMatch(place.path, /^\/|\.\.|^$/);
          assert.ok(!place.exists || place.path === source || files.includes(place.path));
        },
      ),
    );
  });
});

suite("the framework of tests", () => {
  const named = (language: string, ...texts: string[]) => frameworkOf(conventionOf(language), texts);

  test("is what the nearest tests or manifests use", () => {
    assert.equal(named("typescript", `{"devDependencies": {"vitest": "1"}}`), "vitest");
    assert.equal(
      named("typescript", `import test from "node:test";`, `{"devDependencies": {"jest": "1"}}`),
      "node:test",
    );
    assert.equal(named("javascript", `{"devDependencies": {"ts-jest": "1"}}`), "Jest");
    assert.equal(named("python", "conftest.py\n", "pyproject.toml\n[tool.pytest.ini_options]"), "pytest");
    assert.equal(named("java", "<artifactId>junit-jupiter</artifactId>"), "JUnit 5");
    assert.equal(named("java", "<artifactId>junit</artifactId>"), "JUnit 4");
    assert.equal(named("go", "require github.com/stretchr/testify v1"), "Go's testing package and testify");
  });

  test("is the language's own where nothing tells", () => {
    assert.equal(named("typescript", "{}"), "node:test");
    assert.equal(named("python"), "unittest");
    assert.equal(named("rust"), "#[test] functions in a #[cfg(test)] module");
    assert.equal(named("cobol"), undefined);
    assert.equal(named("__proto__"), undefined);
  });
});
