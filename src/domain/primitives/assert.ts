/**
 * A broken assumption about ourselves. In a workflow it holds that one account until a fix ships.
 */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Stops when something that must hold does not. No input of a caller may be able to cause it. */
export function assert(holds: boolean, what: string): asserts holds {
  if (!holds) throw new InvariantError(what);
}

/** For the branch that the compiler says cannot be reached. */
export function assertNever(value: never): never {
  throw new InvariantError(`unexpected ${JSON.stringify(value)}`);
}
