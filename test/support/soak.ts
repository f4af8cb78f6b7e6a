// `npm run test:soak` repeats at length what the tests otherwise do a few times.

import process from "node:process";

export const isSoak = process.env["FALCON_SOAK"] === "1";

/** How often to do something at random: a few times that take seconds, or as often as it takes to find what is rare. */
export function rounds(few: number, many: number): number {
  return isSoak ? many : few;
}
