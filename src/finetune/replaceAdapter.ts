// A new adapter takes the place of an earlier one once it is measured; until then a failure leaves the model what it had.

import { dirname } from "node:path";

import type { KeptAdapter } from "../settings.ts";
import type { KeptText } from "../shared/finetuning.ts";

interface AdaptersOfModel {
  readonly list: readonly KeptAdapter[];
  readonly save: (list: readonly KeptAdapter[]) => Promise<void>;
}

export interface Replaced {
  readonly before: KeptText;
  readonly after: KeptText;
  readonly switchOff: () => Promise<void>;
}

/**
 * Measures the model without the earlier adapter, which lies in the same folder, and with the new one.
 * @throws what `measure` throws; the model then has the adapters that it had
 */
export async function replaceAdapter(
  path: string,
  { list, save }: AdaptersOfModel,
  measure: () => Promise<KeptText>,
): Promise<Replaced> {
  const others = list.filter((each) => dirname(each.path) !== dirname(path));
  try {
    await save(others);
    const before = await measure();
    await save([...others, { path, scale: 1 }]);
    const after = await measure();
    return { before, after, switchOff: () => save([...others, { path, scale: 1, off: true }]) };
  } catch (error) {
    await save(list);
    throw error;
  }
}
