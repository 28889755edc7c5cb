/** The rows of an account, as readers of Postgres find them. */
import { accountRow } from '../../src/domain/records/toRecords.js';
import {
  accountOfRows,
  type FoundRows,
} from '../../src/domain/diagnostics/asOf/accountFromRecords.js';
import { Store } from '../model/store.js';
import type { Scenario } from './scenario.js';
import type { WhyRows } from '../../src/domain/diagnostics/why/model.js';
import { batchOf } from '../../src/domain/entity/writes.js';

/** Returns the account's rows after it has saved everything. */
export function rowsFrom({ entity, now }: Scenario): FoundRows {
  const store = new Store();
  store.claim(accountRow(entity.account, 0), entity.owner);
  store.save(batchOf(entity).row, entity.outbox, entity.owner);
  const { account, ...found } = store.readBack(Math.floor(now / 86_400_000));
  if (!account) throw new Error('the row was not written');
  return { account, ...found };
}

export function whyRows(scenario: Scenario, more: Partial<WhyRows['row']> = {}): WhyRows {
  const { account, reservations, events, days } = rowsFrom(scenario);
  const context = { checkedAt: scenario.now, openings: scenario.entity.account.openings };
  return {
    account: accountOfRows({ account, reservations, events, days }, context, scenario.now),
    row: { version: account.version, edited: null, hotSince: null, ...more },
    found: { reservations, events, attempts: [] },
    alerts: [],
    again: [],
    wouldDeny: [],
    corrections: [],
  };
}
