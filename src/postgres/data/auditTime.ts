/** How long an audit may work on the seals of the event log (R29). */

/** How long the work on one month may take in an audit: a person does that of a larger month. */
const LIMIT_MS = 120_000;
/**
 * An activity that has shown no progress for 30 s counts as lost, and would be tried again. So no
 * statement takes as long.
 */
export const AUDIT_STATEMENT_MS = 20_000;

class OutOfTime extends Error {}

/** Returns a function to call after each part of the rows. It throws at the end of the time. */
export function limited(ask: {
  readonly afterPart?: () => void;
  readonly limitMs?: number;
}): () => void {
  const { afterPart, limitMs = LIMIT_MS } = ask;
  const end = performance.now() + limitMs;
  return () => {
    afterPart?.();
    if (performance.now() > end) throw new OutOfTime();
  };
}

/** True if the time has ended, or that of a statement. */
export const isOutOfTime = (error: unknown): boolean =>
  error instanceof OutOfTime ||
  (error instanceof Error && 'code' in error && error.code === CANCELED);
const CANCELED = '57014';
