// Why weights cannot be converted.

/** The message is the end of a sentence that names the folder. */
export class ConversionError extends Error {
  override readonly name = "ConversionError";
}
