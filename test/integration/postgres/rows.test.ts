/** No content of a row delays other rows, and no delivery is lost because its key is taken (R14). */
import { beforeEach, describe, expect, it } from 'vitest';
import { createActivities } from '../../../src/activities/index.js';
import type { Activities, Saved } from '../../../src/activities/ports.js';
import { accountRow } from '../../../src/domain/records/toRecords.js';
import { isAccountId, type AccountId } from '../../../src/domain/primitives/ids.js';
import type {
  AlertRow,
  Entry,
  EventRow,
  ReservationRow,
  Row,
} from '../../../src/domain/records/records.js';
import { dayOf } from '../../../src/domain/primitives/time.js';
import type { Pool } from '../../../src/postgres/pool.js';
import { anAccount, at, c, m, must, r } from '../../support/scenario.js';
import { withDatabase } from '../../support/database.js';

let pool: Pool;
let activities: Activities;
withDatabase((own) => {
  pool = own;
  activities = createActivities({ pool });
});

const OWNER = 'this chain';
const NINE = at('09:00');
const TODAY = dayOf(NINE);
let accountId: AccountId;
let count = 0;
const rowAt = (version: number) => ({
  ...accountRow(anAccount().entity.account, version),
  accountId,
});
beforeEach(async () => {
  accountId = must(isAccountId, `-_rows-${(count += 1)}`);
  await activities.claim({ owner: OWNER, found: null, row: rowAt(0) });
});

/** Saves these rows with numbers from `first` on. */
const save = (rows: readonly Row[], first = 1): Promise<Saved> => {
  const entries: Entry[] = rows.map((row, i) => ({ number: first + i, row }));
  return activities.save({
    owner: OWNER,
    row: rowAt(first + rows.length),
    entries,
    isHot: true,
    handled: null,
  });
};
const event = (more: Partial<EventRow> = {}): EventRow => ({
  table: 'inmail_events',
  reservationId: r('a'),
  chatId: c('chat'),
  messageId: null,
  source: 'pipeline',
  quotaDay: TODAY,
  deliveredAt: NINE,
  isCounted: true,
  ...more,
});
const reservation = (more: Partial<ReservationRow> = {}): ReservationRow => ({
  table: 'reservations',
  reservationId: r('a'),
  quotaDay: TODAY,
  state: 'in_flight',
  campaignId: null,
  recipientId: null,
  reservedAt: NINE,
  leaseExpiresAt: NINE + 1,
  settledAt: null,
  reason: null,
  journaled: true,
  chatId: null,
  messageId: null,
  isAdopted: false,
  carriedInto: null,
  ...more,
});
const alert = (more: Partial<AlertRow> = {}): AlertRow => ({
  table: 'alerts',
  kind: 'bad_signal',
  severity: 'warning',
  quotaDay: TODAY,
  details: {},
  at: NINE,
  times: 1,
  ...more,
});
const allOf = async (sql: string): Promise<readonly unknown[]> =>
  (await pool.query<Record<string, unknown>>(sql, [accountId])).rows;
const log = (): Promise<readonly unknown[]> =>
  allOf(`select reservation_id as id, chat_id as chat, message_id as message
           from safeband.inmail_events where account_id = $1 order by event_id`);
const alerts = (): Promise<readonly unknown[]> =>
  allOf(`select kind, times, jsonb_array_length(details -> 'rows') as rows
           from safeband.alerts where account_id = $1 order by kind`);

describe('the event log', () => {
  it('the event log keeps both deliveries if two deliveries of one save name the same reservation', async () => {
    const both = [event(), event({ chatId: c('another chat') })];
    for (const _ of ['once', 'twice']) {
      expect(await save(both)).toMatchObject({ saved: true, refused: 0 });
      expect(await log()).toEqual([
        { id: 'a', chat: 'chat', message: null },
        { id: null, chat: 'another chat', message: null },
      ]);
    }
  });

  it('the event log takes a proof as long as LinkedIn may make it, once', async () => {
    // Different characters of three bytes each, so that an index cannot compress them.
    const long = (first: number): string =>
      Array.from({ length: 512 }, (_, i) => String.fromCodePoint(first + i * 7)).join('');
    const proof = { chatId: c(long(0x4e00)), messageId: m(long(0x4e03)) };
    expect(await save([event(proof)])).toMatchObject({ saved: true, refused: 0 });
    expect(await save([event({ ...proof, reservationId: null })], 5)).toMatchObject({ refused: 0 });
    expect(await log()).toEqual([{ id: 'a', chat: proof.chatId, message: proof.messageId }]);
  });

  it('the event log distinguishes chat and message: the same words in other places are another proof', async () => {
    const proofs = [
      ['ab', null],
      ['a', 'b'],
      ['a', null],
      ['b', 'a'],
    ] as const;
    const events = proofs.map(([chat, message]) =>
      event({ reservationId: null, chatId: c(chat), messageId: message && m(message) }),
    );
    await save(events);
    expect(await log()).toHaveLength(proofs.length);
  });
});

describe('a row that Postgres refuses', () => {
  it.each([
    ['a NUL', alert({ details: { word: 'a\u0000b' } })],
    ['half a surrogate pair', alert({ details: { word: '\ud800' } })],
    ['a state without its instant', reservation({ reservationId: r('b'), state: 'uncertain' })],
    ['a number that is none', reservation({ reservationId: r('b'), reservedAt: 0.5 })],
  ])(
    'a row that Postgres refuses because of %s is kept whole, and the others are written',
    async (_, bad) => {
      expect(await save([reservation(), bad, event()])).toMatchObject({ saved: true, refused: 1 });
      expect(await alerts()).toEqual([{ kind: 'refused_row', times: 1, rows: 1 }]);
      expect(await log()).toHaveLength(1);
      const [kept] = await allOf(
        `select (details -> 'rows' ->> 0) as row from safeband.alerts where account_id = $1`,
      );
      expect(kept).toEqual({ row: JSON.stringify(bad) });
    },
  );

  it('a row that is too long for an index is kept in an alert, too', async () => {
    await pool.query('create index too_small on safeband.alerts ((details ->> $$word$$))');
    const word = Array.from({ length: 2_000 }, (_, i) => String.fromCodePoint(0x4e00 + i * 7));
    const long = alert({ details: { word: word.join('') } });
    expect(await save([long, event()])).toMatchObject({ saved: true, refused: 1 });
    await pool.query('drop index safeband.too_small');
    expect(await log()).toHaveLength(1);
  });

  it('a row that Postgres refuses is reported once, however often its save runs', async () => {
    const bad = [alert({ details: { word: '\u0000' } }), alert({ quotaDay: 0.5 })];
    await save(bad);
    await save(bad);
    expect(await alerts()).toEqual([{ kind: 'refused_row', times: 2, rows: 2 }]);
  });

  it('a row that Postgres refuses is kept once, also if a later save has the same content under another number', async () => {
    const bad = alert({ details: { word: '\u0000' } });
    await save([bad]);
    await save([bad], 3);
    expect(await alerts()).toEqual([{ kind: 'refused_row', times: 2, rows: 1 }]);
    await save([alert({ details: { word: '\u0000 and more' } })], 5);
    expect(await alerts()).toEqual([{ kind: 'refused_row', times: 3, rows: 2 }]);
  });

  it('a row that Postgres refuses joins an alert of its kind that was there already', async () => {
    await pool.query(
      `insert into safeband.alerts (account_id, kind, severity, quota_day, raised_at)
       values ($1, 'refused_row', 'warning', '2026-11-24', now())`,
      [accountId],
    );
    await save([alert({ details: { word: '\u0000' } })]);
    expect(await alerts()).toEqual([{ kind: 'refused_row', times: 2, rows: 1 }]);
  });

  it('if one save has a row twice, the newer version is written', async () => {
    const settled = { state: 'released', settledAt: NINE, reason: 'rejected' } as const;
    expect(await save([reservation(), reservation(settled)])).toMatchObject({ refused: 0 });
    expect(await allOf('select state from safeband.reservations where account_id = $1')).toEqual([
      { state: 'released' },
    ]);
  });
});

describe('an id that is used again after it was forgotten', () => {
  it('an id that is used again after it was forgotten overwrites its old row, and raises one alert', async () => {
    await save([reservation({ quotaDay: TODAY - 10, reservedAt: at('2026-11-14T09:00:00.000Z') })]);
    const again = [reservation()];
    await save(again, 3);
    await save(again, 3);
    expect(
      await allOf('select quota_day::text from safeband.reservations where account_id = $1'),
    ).toEqual([{ quota_day: '2026-11-24' }]);
    expect(await alerts()).toEqual([{ kind: 'old_id', times: 1, rows: null }]);
  });
});

describe('a restriction by LinkedIn', () => {
  const restricted = alert({ kind: 'restricted', severity: 'critical' });
  const resumed: Row = {
    table: 'account_changes',
    kind: 'resume',
    actor: 'ada',
    reason: 'LinkedIn has lifted it',
    details: {},
    at: NINE + 1,
  };
  const open = (): Promise<readonly unknown[]> =>
    allOf(`select kind from safeband.alerts where account_id = $1 and resolved_at is null`);

  it('a restriction by LinkedIn stays open until a person resumes the account, also if one save has both', async () => {
    await save([restricted], 1);
    expect(await open()).toEqual([{ kind: 'restricted' }]);
    await save([alert(), resumed], 2);
    expect(await open()).toEqual([{ kind: 'bad_signal' }]);
    await save([restricted], 4);
    expect(await open()).toHaveLength(2);
    await save([restricted, { ...resumed, at: NINE + 2 }], 5);
    expect(await open()).toEqual([{ kind: 'bad_signal' }]);
  });

  it('a restriction by LinkedIn that is reported after the resume is open', async () => {
    await save([resumed, restricted], 1);
    expect(await open()).toEqual([{ kind: 'restricted' }]);
  });
});
