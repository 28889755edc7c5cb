/**
 * A broken assumption of this program. In a workflow it stops that account until a fix is deployed.
 */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Throws if `holds` is false. No input of a caller may be able to cause that. */
export function assert(holds: boolean, what: string): asserts holds {
  if (!holds) throw new InvariantError(what);
}

/** Throws: the branch of a switch that the compiler has proved unreachable. */
export function assertNever(value: never): never {
  throw new InvariantError(`unexpected ${JSON.stringify(value)}`);
}
