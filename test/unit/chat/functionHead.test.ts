// Code that holds a function, and code that holds none.

import assert from "node:assert/strict";
import { test } from "node:test";

import { holdsFunction } from "../../../server/chat/functionHead.ts";
import { assertGrowsWithLength, repeated, repetitions } from "../../support/growth.ts";

const functions = {
  python: [
    "def fee(boat):\n    return 3\n",
    "    async def fee(self):\n        pass\n",
    "@route('/class ')\n@cached\ndef fee(\n    boat: str,\n) -> int:\n    return 3",
    '# class of boats\n"""class of boats\n"""\nimport os\n\ndef größe(boat):\n    class Inner: pass',
  ],
  script: [
    "function fee(boat) {\n  return 3;\n}",
    "export default async function* fees(\n  boat: Boat = of(3),\n): AsyncGenerator<number> {",
    "export default function (boat) {}",
    "export default async (boat) => 3;",
    "export const fee = (boat: Boat): number => boat.length * 3;",
    "const fee: Fee<Boat> = async boat =>\n  boat.length;",
    "const fee: (boat: Boat) => number = (boat) => 3;",
    "export const fee = <T extends Boat>(boat: T) => 3;",
    "let fee = function (boat) { return 3; };",
    "module.exports.fee = async (boat) => 3;",
    "Harbour.prototype.fee = function (boat) {};",
    "  fee(boat) { return 3; }",
    "  private static async *fees(boat: Boat): AsyncGenerator<{ fee: number }> {\n  }",
    "  get fee(): number {\n    return 3;\n  }",
    "  set fee(value) {}",
    "  static #fee(boat) {\n    return 3;\n  }",
    "  [Symbol.iterator]() {\n  }",
    "  handle = (event: Event) => {\n    if (event) this.go();\n  };",
    "  @log('fee') @cached fee<T>(boat: T) {}",
    "  constructor(private readonly boats: Boat[]) {\n  }",
    "/** A class of boats. */\nimport fs from 'node:fs';\n\nfunction fee(boat) {\n  return new (class Fee {})();\n}",
    'const Card: FC<Props> = ({ name, onClick = () => {} }) => <p class="card">{name}</p>;',
  ],
} as const;

const others = {
  python: [
    "import os",
    "# def fee(boat):",
    '"""\ndef fee(boat):\n"""',
    "RATES = [3, 5]",
    "default = 3\ndefine(3)",
    "fee(boat)",
    "class Harbour:\n    def fee(self):\n        return 3",
    "    return 3",
  ],
  script: [
    'import fs from "node:fs";',
    "// function fee(boat) {}",
    "/*\nfunction fee(boat) {}\n*/",
    "const rates = [3, 5];",
    "const text = `\nfunction fee(boat) {}\n`;",
    "const rates = boats.map((boat) => boat.fee);",
    "const total = sum(function (boat) {\n  return 3;\n});",
    "const isDear = (fee + 3) >= limit;",
    "if (isDear) {\n  pay();\n} else if (isFree) {\n  go();\n}",
    "for (const boat of boats) {\n}\nwhile (true) {\n}\nswitch (fee) {\n}",
    "fee(boat);",
    "functionName();",
    "type Fee = (boat: Boat) => number;",
    "interface Harbour {\n  fee(boat: Boat): number;\n}",
    "export abstract class Harbour {\n  fee(boat) {\n    return 3;\n  }\n}",
    'it("works", () => {\n  go();\n});',
    "return 3;",
  ],
} as const;

for (const language of ["python", "script"] as const) {
  test(`functions in ${language} are told from what is none`, () => {
    for (const text of functions[language]) assert.equal(holdsFunction(text, language), true, text);
    for (const text of others[language]) assert.equal(holdsFunction(text, language), false, text);
  });

  test(`the time grows with the text in ${language}, whatever that consists of`, () => {
    const pieces = [
      "export ",
      "a=",
      "a:",
      "a=():",
      "a<",
      "()",
      "@a ",
      "=\n",
      "a = <",
      "async ",
      '"""',
      "'",
      "/*",
      "\\",
      "a b\n",
      "export\n",
      "@a()\n",
      "a=()\n",
      "():\n",
    ];
    for (const piece of [...repetitions, ...pieces]) {
      assertGrowsWithLength(JSON.stringify(piece), (length) => holdsFunction(repeated(piece, length), language), 5_000);
    }
  });
}
