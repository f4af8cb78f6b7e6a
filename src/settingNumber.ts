// A number from the settings file, which is written by hand: what reaches the server is of the right type and in bounds.

/** The part of a setting's declaration in package.json that matters. */
export interface NumberDeclaration {
  readonly type: string;
  readonly default: number;
  readonly minimum: number;
  readonly maximum: number;
}

export function settingNumber(value: unknown, declaration: NumberDeclaration): number {
  const { type, default: fallback, minimum, maximum } = declaration;
  if (typeof value !== "number" || !Number.isFinite(value)) return fallback;
  return Math.min(Math.max(type === "integer" ? Math.round(value) : value, minimum), maximum);
}
