/**
 * Finds the connected accounts whose numbers disagree now, as the fleet audit finds them (R8). It
 * reads all accounts, in the pages of the audit, and changes nothing.
 */
import { dayOf, type Instant } from '../../domain/primitives/time.js';
import type { Suspect } from '../../domain/reconcile/fleetAudit.js';
import { ACCOUNTS_PAGE, readAccountsPage } from '../operations/fleet.js';
import type { Pool } from '../pool.js';
import { pageAccounts } from '../read/lists.js';
import type { StatusRow } from '../read/reads.js';

/** An account whose open slots do not explain its drift, or whose row was edited manually. */
export type Disagreeing = StatusRow & { readonly isEdited: boolean };
export type DriftFound = {
  /** Connected accounts that were compared. */
  readonly checked: number;
  readonly disagreeing: number;
  /** At most `limit` of them, the largest drift first. */
  readonly accounts: readonly Disagreeing[];
};

/** The comparison of all accounts. */
export type Compared = {
  readonly connected: readonly string[];
  readonly disagreeing: readonly Suspect[];
};

/** Compares all connected accounts with the event log of that day. */
export async function compareAll(pool: Pool, at: Instant): Promise<Compared> {
  const connected: string[] = [];
  const disagreeing: Suspect[] = [];
  for (let after: string | null = ''; after !== null;) {
    const page = await readAccountsPage(pool, { after, limit: ACCOUNTS_PAGE, day: dayOf(at) });
    connected.push(...page.connected);
    disagreeing.push(...page.suspects.filter(({ isUnequal, isEdited }) => isUnequal || isEdited));
    after = page.last;
  }
  return { connected, disagreeing };
}

/** Returns the accounts that disagree, of that list or of all: `accounts` null. */
export async function readDrift(
  pool: Pool,
  compared: Compared,
  asked: {
    readonly at: Instant;
    readonly limit: number;
    readonly accounts: readonly string[] | null;
  },
): Promise<DriftFound> {
  const { at, limit } = asked;
  const seen = asked.accounts && new Set(asked.accounts);
  const maySee = (accountId: string): boolean => seen === null || seen.has(accountId);
  const disagreeing = compared.disagreeing.filter(({ accountId }) => maySee(accountId));
  const shown = disagreeing
    .toSorted((a, b) => Math.abs(b.drift) - Math.abs(a.drift))
    .slice(0, limit);
  const accounts = shown.map(({ accountId }) => accountId);
  const filter = { after: '', prefix: '' };
  const rows = await pageAccounts(pool, { at, limit, accounts, ...filter });
  const rowOf = new Map(rows.map((row) => [row.accountId, row]));
  return {
    checked: compared.connected.filter(maySee).length,
    disagreeing: disagreeing.length,
    accounts: shown.flatMap(({ accountId, isEdited }) => {
      const row = rowOf.get(accountId);
      return row ? [{ ...row, isEdited }] : [];
    }),
  };
}
