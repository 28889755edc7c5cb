/** What an account does after Postgres was restored from a backup, or Temporal was lost. */
import { expect } from 'vitest';
import type { ClosedRuns } from '../../../src/activities/start/closedRuns.js';
import type { Described } from '../../../src/activities/history.js';
import { isAccountId } from '../../../src/domain/primitives/ids.js';
import type { FromBackup } from '../../../src/domain/entity/endings.js';
import type { StoredAccount } from '../../../src/domain/records/snapshot.js';
import { must } from '../../support/scenario.js';
import type { Checked } from '../checkedFiles.js';
import { LATER, Life, NEXT_DAY, OWNER, type Check } from './life.js';

/** Starts the account of the rows of `life`, whose last workflow is another one. */
function startedAgain(
  life: Life,
  now: number,
  more: { readonly backup: FromBackup; readonly state?: StoredAccount['state'] },
): Life {
  const { domain } = life;
  const found = life.stored();
  if (!found.account) throw new Error('the account has a row');
  const account: StoredAccount = {
    ...found.account,
    owner: 'another chain',
    ...(more.state === undefined ? {} : { state: more.state }),
  };
  const start = {
    accountId: must(isAccountId, 'acme'),
    tier: 'sales_navigator',
    connect: true,
  } as const;
  const rows = { ...found, account };
  const entity = domain.storedEntity(start, rows, OWNER, now);
  const last = { entity, outcomes: 0, grants: 0, orders: 0 };
  const unread = { unread: 'it is gone', isClean: false, backup: more.backup };
  const again = new Life(domain, {}, now);
  again.actor = domain.restore(start, rows, OWNER, now, false, { ...last, ...unread });
  return again;
}
const causesOf = ({ account }: Life): readonly string[] =>
  account.cooldowns.map(({ cause }) => cause);

/** Temporal was lost, and the row is of an earlier day: the sends of today are in no row. */
const olderRow: Check = (domain) => {
  const life = new Life(domain);
  life.send(1);
  expect(causesOf(startedAgain(life, NEXT_DAY, { backup: 'maybe' }))).toEqual(['unclean_end']);
  const later = startedAgain(life, NEXT_DAY + 2 * 3_600_000, { backup: 'maybe' });
  expect(causesOf(later)).toEqual(['unclean_end']);
};

const disconnected: Check = (domain) => {
  const life = new Life(domain);
  life.send(1);
  const again = startedAgain(life, LATER, { backup: 'surely', state: 'disconnected' });
  expect(causesOf(again)).toEqual(['unclean_end']);
};

const lostAttempt: Check = (domain) => {
  for (const backup of ['maybe', 'surely'] as const) {
    const life = new Life(domain);
    life.reserve('a', { leaseSeconds: 60, journaled: true });
    const again = startedAgain(life, LATER, { backup });
    const { reservations } = life.written;
    again.heal(again.run({ reservations, attempts: [again.attempt('a', { outcome: 'void' })] }));
    expect([backup, again.states]).toEqual([backup, ['uncertain']]);
  }
};

/** A start without a history, which asked at that time. */
const openingAt = (at: number) => ({
  start: { accountId: must(isAccountId, 'acme'), connect: true },
  owner: OWNER,
  at,
  isFirstRun: true,
  place: { runId: OWNER, events: 3, isWhole: false },
});

const lateStart: Check = (domain) => {
  const life = new Life(domain);
  life.send(1);
  const found = life.stored();
  const writtenAt = found.account?.updatedAt ?? 0;
  const claims = [writtenAt, writtenAt - 1].map((at) => domain.isAtOnce(found, openingAt(at)));
  expect(claims).toEqual([true, false]);
};

const lostClaim: Check = (domain) => {
  const life = new Life(domain);
  life.reserve('a', { leaseSeconds: 60, journaled: true });
  const found = life.stored();
  if (!found.account) throw new Error('the account has a row');
  const { version } = found.account;
  const cooldowns = [{ cause: 'unclean_end', until: NEXT_DAY }] as const;
  const account = { ...found.account, owner: OWNER, ownerVersion: version, cooldowns };
  const again = domain.restoreAtOnce({ ...found, account }, openingAt(LATER));
  expect(again.account.slots).toMatchObject([{ state: 'uncertain' }]);
};

const lostRow: Check = (domain) => {
  const life = new Life(domain);
  life.reserve('a', { leaseSeconds: 60, journaled: true });
  const attempts = [life.attempt('a', { outcome: 'void' })];
  life.heal(life.run({ reservations: [], attempts }));
  expect(life.states).toEqual(['uncertain']);
  life.until(LATER);
  life.heal(life.run({ attempts }));
  expect(life.states).toEqual(['uncertain']);
};

const writeOf = (domain: Checked, life: Life) => {
  const { entity, batch } = domain.sending(life.actor);
  life.actor = entity;
  return batch;
};
const oldRow: Check = (domain) => {
  const life = new Life(domain);
  life.reserve('a', { leaseSeconds: 60, journaled: true });
  const { reservations } = life.written;
  for (const number of [1, 2]) {
    const batch = writeOf(domain, life);
    expect(batch.write).toMatchObject({ number, answered: number - 1 });
    life.actor = domain.saved(life.actor, batch, null);
  }
  life.actor = domain.restoredTo(life.actor, 1);
  expect(writeOf(domain, life).write).toMatchObject({ number: 3, answered: 1 });
  life.until(LATER);
  life.heal(life.run({ reservations, attempts: [life.attempt('a', { outcome: 'void' })] }));
  expect(life.states).toEqual(['uncertain']);
};

const COMPLETED: Described = {
  runId: 'first',
  startedAt: 1,
  firstRunId: 'first',
  status: 'COMPLETED',
  resetRunId: null,
};
const lackingEnd: Check = async (domain) => {
  const backupOf = async (
    stored: object,
    runs: readonly Described[],
  ): Promise<ClosedRuns['backup']> => {
    const history = {
      describe: async (_: string, id: string) => runs.find(({ runId }) => runId === id) ?? null,
      next: async () => null,
      listed: async () => runs.map(({ runId }) => runId),
      pages: () => {
        throw new Error('no history is read');
      },
      decode: async () => [],
    };
    const row = { owner: 'first', savedRunId: 'first', runId: 'first', runEvents: 1, updatedAt: 1 };
    const own = { runId: 'own', firstRunId: 'own' };
    const ask = {
      accountId: must(isAccountId, 'acme'),
      stored: { ...row, ...stored },
      own,
      after: 0,
    };
    return (await domain.closedRuns(history, ask)).backup;
  };
  const later = { ...COMPLETED, runId: 'later', firstRunId: 'later', startedAt: 2 };
  expect({
    'connected, and its workflow completed': await backupOf({ state: 'connected' }, [COMPLETED]),
    'disconnected, and its workflow completed': await backupOf({ state: 'disconnected' }, [
      COMPLETED,
    ]),
    'a later workflow completed': await backupOf({ state: 'disconnected' }, [COMPLETED, later]),
    'the history is gone': await backupOf({ state: 'disconnected' }, []),
  }).toEqual({
    'connected, and its workflow completed': 'surely',
    'disconnected, and its workflow completed': undefined,
    'a later workflow completed': 'surely',
    'the history is gone': 'maybe',
  });
};

export const restoredChecks = {
  'an account whose last history is gone waits, whatever the day of its row': olderRow,
  'an account that only its backup shows as disconnected waits': disconnected,
  'a start from a backup frees no slot because its attempt is missing': lostAttempt,
  'a start claims no row that was written after it asked': lateStart,
  'a start that reads its own claim frees no slot either': lostClaim,
  'a slot in flight whose row Postgres has lost stays spent': lostRow,
  'an account that finds a row of a backup writes again, and frees no slot': oldRow,
  'a row that lacks the end of a workflow is of a backup': lackingEnd,
} satisfies Readonly<Record<string, Check>>;
