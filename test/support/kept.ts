/** What an account has left in its rows, as readers of Postgres find it. */
import { accountRow } from '../../src/domain/records/toRecords.js';
import {
  accountOfRows,
  type FoundRows,
} from '../../src/domain/diagnostics/asOf/accountFromRecords.js';
import { Store } from '../model/store.js';
import type { Scenario } from './scenario.js';
import type { WhyRows } from '../../src/domain/diagnostics/why/model.js';
import { batchOf } from '../../src/domain/entity/writes.js';

/** All that the account had to save, saved. */
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
  const beside = { checkedAt: scenario.now, openings: scenario.entity.account.openings };
  const { version, day, counter } = account;
  return {
    account: accountOfRows({ account, reservations, events, days }, beside, scenario.now),
    row: { version, day, counter, isEdited: false, hotSince: null, ...more },
    found: { reservations, events, attempts: [] },
    alerts: [],
    corrections: [],
  };
}
