/** Returns the type of a refusal. The type is part of the contract, and the text is for people. */
import { ApplicationFailure } from '@temporalio/common';
import { SafebandError } from '../../src/client/index.js';

export async function failureTypeOf(call: () => Promise<unknown>): Promise<string> {
  try {
    await call();
    return 'none';
  } catch (error) {
    if (error instanceof SafebandError) return error.type;
    const cause = error instanceof Error ? error.cause : undefined;
    return cause instanceof ApplicationFailure ? (cause.type ?? 'untyped') : String(error);
  }
}
