// A model's turn and infill tokens spelled out, and the fences of an answer, are no part of a document that has none.

const markers = /<\|[\w-]{1,40}\|>|>>[A-Z_]{3,20}<<|<fim[_-]\w{3,10}>|\[\/?INST\]/;
const fence = /^[ \t]*```/m;

/** @param document the text around the cursor */
export function stopAtLeak(text: string, document: string): string {
  return [markers, fence].reduce((left, leak) => {
    const found = leak.exec(left);
    return found && !leak.test(document) ? left.slice(0, found.index) : left;
  }, text);
}
