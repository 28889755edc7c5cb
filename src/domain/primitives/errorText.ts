/** What was thrown, in words. */

/** Returns the message of an error, and the text of anything else that was thrown. */
export const errorText = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
