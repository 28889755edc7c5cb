/** What an audit of the fleet found (R8), as its heartbeat keeps it; page and doctor read it. */

/** Counts of accounts. An account may be in more than one of them. */
export type AuditFound = {
  /** Their drift raises an alert: it is more than 5. */
  readonly drifting: number;
  /** Asked to reconcile, because their numbers or rows disagree. */
  readonly woken: number;
  /** Connected, without a workflow: the audit has started it. */
  readonly missing: number;
  /** Hot, and without a reconcile for 20 minutes. */
  readonly lateReconciles: number;
  /** The row still has an earlier day. */
  readonly lateResets: number;
};

const count = (name: string): string => `coalesce((explanation->>'${name}')::int, 0)`;

/** Builds an AuditFound from a row of `reconciler_runs`. */
export const FOUND = `jsonb_build_object('drifting', ${count('drifting')},
  'woken', ${count('woken')}, 'missing', ${count('missing')},
  'lateReconciles', ${count('silent')}, 'lateResets', ${count('lateResets')})`;
