/** Equal, a stale read, or a real difference: the result of two reads of one account. */
import { describe, expect, it } from 'vitest';
import {
  differencesIn,
  verdictOf,
  type CheckVerdict,
  type Reading,
  type Sides,
} from '../../../../src/domain/diagnostics/consistency.js';
import type { WhyPart } from '../../../../src/domain/diagnostics/why/model.js';

const row: Sides['row'] = {
  version: 7,
  counter: 3,
  inFlight: 1,
  uncertain: 0,
  external: 0,
  imported: 0,
  unexplained: 0,
  carried: 0,
  isEdited: false,
  isConnected: true,
};
const sides: Sides = {
  row,
  reservations: { inFlight: 1, uncertain: 0, delivered: 2, released: 0 },
  journal: { open: 1, delivered: 2, failed: 0, void: 0 },
  eventLog: { delivered: 2, external: 0, uncounted: 0 },
};
const part = (cause: WhyPart['cause'], isNormal: boolean): WhyPart => ({
  cause,
  isNormal,
  text: `because of ${cause}`,
  count: 1,
  changesAt: null,
  reservations: [],
});
/** A read in which all is equal except the named values. */
function read(of: {
  readonly row?: Partial<Sides['row']>;
  readonly unsaved?: number;
  readonly version?: number;
  readonly parts?: readonly WhyPart[];
}): Reading {
  const status = {
    accountId: 'a',
    asOf: '2026-05-08T09:00:00.000Z',
    state: 'active' as const,
    mode: 'enforce' as const,
    group: null,
    tier: 'premium' as const,
    quotaDay: '2026-05-08',
    delivered: 2,
    remaining: 20,
    counter: 3,
    inFlight: 1,
    uncertain: 0,
    external: 0,
    imported: 0,
    unexplained: 0,
    caps: {
      daily: 25,
      weekly: 125,
      ramp: null,
      velocity: null,
      learnt: null,
      effective: 25,
      binding: 'daily' as const,
    },
    carried: 0,
    weekUsed: 3,
    rampDay: 1,
    fullCapOn: null,
    learnt: null,
    cooldown: null,
    hold: null,
    breakerUntil: null,
    lastReconciledAt: null,
    nextReconcileAt: null,
    verified: true,
    openReservations: [],
    waiting: 0,
    credits: null,
    version: of.version ?? 7,
    unsaved: of.unsaved ?? 0,
    timezone: 'UTC',
    canSend: CAN_SEND,
    denials: null,
  };
  const why = {
    customer: CUSTOMER,
    canSend: { ...CAN_SEND, line: 'Can send now (22 left today)' },
    accountId: 'a',
    asOf: status.asOf,
    quotaDay: '2026-05-08',
    counter: 3,
    logged: 2,
    headline: '1 apart',
    beside: [],
    parts: of.parts ?? [part('in_flight', true)],
  };
  return { status, isGone: false, sides: { ...sides, row: { ...row, ...of.row } }, why };
}
const CUSTOMER = { sent: 2, maybe: 1, left: 22, today: [], stop: [], details: [] };
const CAN_SEND = {
  canSend: true,
  reason: null,
  notBefore: null,
  left: 22,
  needsPerson: false,
  until: null,
};
/** The verdict of two reads, the second of them `waitedMs` after the first. */
const judge = (first: Reading, last: Reading, waitedMs = 1_000): CheckVerdict =>
  verdictOf({ first, before: first, waitedMs }, last);
const equal = read({});
const edited = read({ row: { counter: 104, isEdited: true } });

describe('a check', () => {
  it('a check takes slots in flight and uncertain slots as equal', () => {
    const uncertain = read({ parts: [part('in_flight', true), part('uncertain', false)] });
    expect([verdictOf(null, equal), verdictOf(null, uncertain)]).toEqual(['equal', 'equal']);
  });

  it('a check calls a difference real only if no number changed between two reads', () => {
    expect(verdictOf(null, edited)).toBe('stale');
    expect(judge(equal, edited)).toBe('stale');
    expect(judge(edited, edited)).toBe('different');
    expect(judge(edited, equal)).toBe('equal');
  });

  it('a check calls a difference stale while rows are not written yet', () => {
    const unsaved = read({ unsaved: 1, row: { counter: 2, inFlight: 0 } });
    const behind = read({ version: 8, row: { counter: 2 } });
    expect(judge(unsaved, unsaved)).toBe('stale');
    expect(judge(behind, behind, 14_999)).toBe('stale');
    const saved = read({ version: 9, row: { version: 8, counter: 2 } });
    expect(judge(behind, saved, 60_000)).toBe('stale');
    expect(judge(equal, behind, 60_000)).toBe('stale');
  });

  it('a check calls a difference real if no save comes for 15 s, or if another program writes the row', () => {
    const unsaved = read({ unsaved: 1, row: { counter: 2, inFlight: 0 } });
    const behind = read({ version: 8, row: { counter: 2 } });
    expect(judge(unsaved, unsaved, 15_000)).toBe('different');
    expect(judge(behind, behind, 15_000)).toBe('different');
    const outdated = read({ unsaved: 1, row: { version: 9 } });
    expect(judge(outdated, outdated)).toBe('different');
    // A busy workflow saves between the question and the read: it has reached the version that was read first.
    expect(judge(read({ row: { version: 8 } }), read({ version: 8, row: { version: 9 } }))).toBe(
      'stale',
    );
  });

  it('a check calls a connected row without a workflow a difference, and a disconnected one none', () => {
    const gone = { ...equal, isGone: true };
    const left = read({ row: { isConnected: false } });
    expect(differencesIn(gone).map(({ what }) => what)).toEqual(['workflow']);
    expect(judge(gone, gone)).toBe('different');
    expect(differencesIn({ ...left, isGone: true })).toEqual([]);
  });

  it('a check names each difference: numbers, an edit, another writer, a part that is not normal', () => {
    expect(differencesIn(edited).map(({ what }) => what)).toEqual(['counter', 'edited']);
    expect(differencesIn(edited)[0]?.text).toBe('counter: 3 in the workflow, 104 in the row');
    expect(differencesIn(read({ row: { version: 9 } })).map(({ what }) => what)).toEqual([
      'version',
    ]);
    const bypassed = read({ parts: [part('bypassed_gate', false)] });
    expect(differencesIn(bypassed)).toEqual([
      { what: 'bypassed_gate', text: 'because of bypassed_gate' },
    ]);
  });

  it('a check compares the row with its reservations if the workflow has ended', () => {
    const alone = { ...equal, status: null };
    const lost = {
      ...alone,
      sides: { ...sides, reservations: { ...sides.reservations, inFlight: 0 } },
    };
    expect(differencesIn(alone)).toEqual([]);
    expect(differencesIn(lost).map(({ text }) => text)).toEqual([
      'inFlight: 1 in the row, 0 in the reservations',
    ]);
  });
});
