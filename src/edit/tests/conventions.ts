// How each language's tests are called, and which frameworks they are written in.

export interface TestConvention {
  /** The names of test files without the extension; `*` is the name of the tested file. The usual one comes first. */
  readonly names: readonly string[];
  /** Files that say which framework there is. */
  readonly manifests: readonly string[];
  /** What is found in tests or manifests that use a framework; the first one that is found counts. */
  readonly frameworks: readonly (readonly [name: string, pattern: RegExp])[];
  /** The one that needs no package, or else the usual one. */
  readonly otherwise?: string;
  /** Where tests go when there are none yet: beside the file unless given. */
  readonly folder?: "tests" | "maven" | "sameFile";
}

const scripts: TestConvention = {
  names: ["*.test", "*.spec"],
  manifests: ["package.json", "deno.json"],
  frameworks: [
    ["vitest", /\bvitest\b/],
    ["Jest", /\bjest\b/],
    ["Playwright Test", /@playwright\/test/],
    ["node:test", /\bnode:test\b|\bnode --test\b/],
    ["bun:test", /\bbun:test\b|\bbun test\b/],
    ["Mocha", /\bmocha\b/],
    ["AVA", /["']ava["']/],
    ["Jasmine", /\bjasmine\b/],
    ["node-tap", /["']tap["']/],
  ],
  otherwise: "node:test",
};
const jvm = {
  names: ["*Test", "*Tests", "Test*"],
  manifests: ["pom.xml", "build.gradle", "build.gradle.kts"],
  folder: "maven",
} as const;
const c: TestConvention = {
  names: ["*_test", "test_*", "*.test", "*Test"],
  manifests: ["CMakeLists.txt", "meson.build", "vcpkg.json", "conanfile.txt"],
  frameworks: [
    ["GoogleTest", /\bgtest\b|\bgoogletest\b/i],
    ["Catch2", /\bcatch2\b|catch_(?:test_macros|all)\.hpp|\bcatch\.hpp\b/i],
    ["doctest", /\bdoctest\b/],
    ["Boost.Test", /boost\/test|BOOST_AUTO_TEST/],
    ["Unity", /\bunity\.h\b/],
  ],
};

const conventions: Readonly<Record<string, TestConvention>> = {
  javascript: scripts,
  javascriptreact: scripts,
  typescript: scripts,
  typescriptreact: scripts,
  python: {
    names: ["test_*", "*_test"],
    manifests: [
      ...["pyproject.toml", "pytest.ini", "conftest.py", "tox.ini", "setup.cfg", "setup.py", "Pipfile"],
      ...["requirements.txt", "requirements-dev.txt", "dev-requirements.txt"],
    ],
    frameworks: [
      ["pytest", /\bpytest\b/],
      ["unittest", /\bunittest\b/],
    ],
    // pytest runs these, too.
    otherwise: "unittest",
    folder: "tests",
  },
  go: {
    names: ["*_test"],
    manifests: ["go.mod"],
    frameworks: [["Go's testing package and testify", /stretchr\/testify/]],
    otherwise: "Go's testing package",
  },
  rust: {
    names: [],
    manifests: [],
    frameworks: [],
    otherwise: "#[test] functions in a #[cfg(test)] module",
    folder: "sameFile",
  },
  java: {
    ...jvm,
    frameworks: [
      ["TestNG", /\borg\.testng\b/],
      ["JUnit 5", /\bjunit-jupiter\b|\borg\.junit\.jupiter\b/],
      ["JUnit 4", /\bjunit\b/],
    ],
    otherwise: "JUnit 5",
  },
  kotlin: {
    ...jvm,
    frameworks: [
      ["Kotest", /\bkotest\b/],
      ["JUnit 5", /\bjunit-jupiter\b|\borg\.junit\.jupiter\b/],
    ],
    otherwise: "kotlin.test",
  },
  csharp: {
    names: ["*Tests", "*Test"],
    manifests: ["Directory.Packages.props", "Directory.Build.props"],
    frameworks: [
      ["NUnit", /\bNUnit\b/],
      ["MSTest", /\bMSTest\b|VisualStudio\.TestTools/],
      ["xUnit", /\bxunit\b/i],
    ],
    otherwise: "xUnit",
  },
  ruby: {
    names: ["*_spec", "*_test", "test_*"],
    manifests: ["Gemfile", ".rspec"],
    frameworks: [
      ["RSpec", /\brspec\b|\bRSpec\b/],
      ["Minitest", /\bminitest\b/i],
    ],
    otherwise: "Minitest",
  },
  php: {
    names: ["*Test"],
    manifests: ["composer.json"],
    frameworks: [
      ["Pest", /\bpestphp\b/],
      ["PHPUnit", /\bphpunit\b/i],
    ],
    otherwise: "PHPUnit",
  },
  c,
  cpp: c,
  swift: {
    names: ["*Tests"],
    manifests: [],
    frameworks: [["Swift Testing", /\bimport Testing\b/]],
    otherwise: "XCTest",
  },
  dart: { names: ["*_test"], manifests: [], frameworks: [], otherwise: "package:test" },
  elixir: { names: ["*_test"], manifests: [], frameworks: [], otherwise: "ExUnit" },
};

const anyLanguage: TestConvention = { names: ["*_test", "test_*", "*.test"], manifests: [], frameworks: [] };

export function conventionOf(languageId: string): TestConvention {
  return (Object.hasOwn(conventions, languageId) ? conventions[languageId] : undefined) ?? anyLanguage;
}

/** Of texts that tell of it, the nearest first. */
export function frameworkOf({ frameworks, otherwise }: TestConvention, texts: readonly string[]): string | undefined {
  for (const text of texts) {
    const found = frameworks.find(([, pattern]) => pattern.test(text));
    if (found) return found[0];
  }
  return otherwise;
}
