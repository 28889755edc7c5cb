/** The brake as a pure state (R27). */
import { describe, expect, it } from 'vitest';
import {
  brakesIn,
  engage,
  holdsAll,
  isBraked,
  parseEngage,
  release,
  type BrakeState,
} from '../../../../src/domain/fleet/brake.js';

const AT = Date.parse('2026-11-24T14:03:00Z');
const BY = { actor: 'ada', reason: 'wrong texts' };
const order = (group: string | null, brakeId = '5f0c9a1d2e3b4c6d') => ({ brakeId, group, ...BY });
const on = (group: string | null): BrakeState => engage([], order(group), AT).state;

describe('the brake', () => {
  it('holds all accounts, or those of one group', () => {
    expect([isBraked([], null), holdsAll([])]).toEqual([false, false]);
    expect([isBraked(on(null), null), isBraked(on(null), 'acme')]).toEqual([true, true]);
    expect(holdsAll(on('acme'))).toBe(false);
    const held = ['acme', 'other', null].map((group) => isBraked(on('acme'), group));
    expect(held).toEqual([true, false, false]);
  });

  it('is put on once, and a repeated order is the same brake', () => {
    const state = on(null);
    const repeated = engage(state, order(null), AT + 1);
    expect(repeated).toMatchObject({ state, changes: [], answer: { heldBefore: false } });
    const second = engage(state, order(null, '0000000000000000'), AT + 1);
    expect(second.changes).toEqual([]);
    expect(second.answer).toMatchObject({ brakeId: '5f0c9a1d2e3b4c6d', heldBefore: true });
  });

  it('is released by its accounts, with who and why', () => {
    const both = engage(on(null), order('acme', '00000000000000aa'), AT).state;
    const { state, changes, answer } = release(both, { group: null, ...BY }, AT + 60_000);
    expect(state.map(({ group }) => group)).toEqual(['acme']);
    expect(answer.released).toMatchObject({ group: null });
    expect(changes).toEqual([
      {
        type: 'released',
        brakeId: '5f0c9a1d2e3b4c6d',
        at: '2026-11-24T14:04:00.000Z',
        ...BY,
      },
    ]);
    expect(release([], { group: null, ...BY }, AT)).toEqual({
      state: [],
      changes: [],
      answer: { released: null },
    });
  });

  it('holds at most 10 groups at once, and all accounts in addition', () => {
    const ids = Array.from({ length: 11 }, (_, n) => `${n}`.padStart(16, '0'));
    const full = ids.slice(0, 10).reduce<BrakeState>((state, id) => {
      return engage(state, order(`g${id}`, id), AT).state;
    }, []);
    expect(full).toHaveLength(10);
    const more = engage(full, order('one-more', ids[10]), AT);
    expect([more.state, more.answer]).toMatchObject([full, { refused: 'InvalidInput' }]);
    expect(engage(full, order(null, ids[10]), AT).state).toHaveLength(11);
    // Temporal's server refuses a memo of more than 2 KiB.
    const longest = full.map((one) => ({ ...one, group: 'g'.repeat(64) }));
    expect(JSON.stringify({ held: longest }).length).toBeLessThan(1_800);
  });

  it('is read from its memo, and a memo that cannot be read is a flaw', () => {
    expect(brakesIn({ held: on('acme') })).toEqual(on('acme'));
    expect(brakesIn({ held: [] })).toEqual([]);
    for (const bad of [undefined, null, 'on', {}, { held: 'all' }, { held: [{ group: null }] }]) {
      expect(brakesIn(bad)).toMatchObject({ refused: 'Unavailable' });
    }
  });

  it('needs a reason and an actor within their limits', () => {
    expect(parseEngage({ ...order(null) }, 'strict', AT)).toMatchObject({ ok: true });
    for (const [bad, field] of [
      [{ reason: '' }, 'reason'],
      [{ reason: 'é'.repeat(513) }, 'reason'],
      [{ actor: undefined }, 'actor'],
      [{ brakeId: 'x' }, 'brakeId'],
    ] as const) {
      expect(parseEngage({ ...order(null), ...bad }, 'strict', AT)).toMatchObject({
        ok: false,
        refused: 'InvalidInput',
        message: expect.stringContaining(field),
      });
    }
  });
});
