/** The first step of a run: the counter before the correction, and the parts of a gap (R8, R17). */
import { expect } from 'vitest';
import { LATE, Life, NEXT_DAY, type Check } from './life.js';

const kindsOf = (verdict: ReturnType<Life['run']>): readonly string[] =>
  verdict.alerts.map(({ kind }) => kind);

const readsBefore: Check = (domain) => {
  const life = new Life(domain);
  life.send(17);
  const verdict = life.run({}, life.edited(104));
  expect(verdict.cooled).toBe(true);
  expect(kindsOf(verdict)).toContain('over_cap');
  life.heal(verdict);
  expect(life.counter).toBe(17);
};

const drift: Check = (domain) => {
  const life = new Life(domain);
  life.send(17);
  expect(kindsOf(life.run({}, life.edited(22)))).toEqual([]);
  expect(kindsOf(life.run({}, life.edited(23)))).toEqual(['drift']);
};

const overshoot: Check = (domain) => {
  const cools = (counter: number, dailyCap: number): boolean => {
    const life = new Life(domain, { dailyCap });
    return life.run({}, life.edited(counter)).cooled;
  };
  const table = [
    [59, 50, false],
    [60, 50, true],
    [29, 25, false],
    [30, 25, true],
    [1, 0, true],
  ] as const;
  for (const [counter, cap, isCooled] of table) {
    expect([counter, cap, cools(counter, cap)]).toEqual([counter, cap, isCooled]);
  }
};

const once: Check = (domain) => {
  const life = new Life(domain);
  life.send(17);
  life.heal(life.run({}, life.edited(104)));
  const rested = { ...life.account, cooldowns: [] };
  const cools = (counter: number): boolean =>
    domain.reconcile(rested, life.written, life.edited(counter), life.now).cooled;
  expect([cools(104), cools(105)]).toEqual([false, true]);
};

const parts: Check = (domain) => {
  const life = new Life(domain, { inmailsSentToday: 2, deliveredToday: 2 });
  life.send(17);
  for (const id of ['f1', 'f2', 'f3']) life.reserve(id);
  life.fail('f3', 'unknown');
  const day = life.run({}, life.edited(104)).days.at(-1);
  const sum = day?.parts.reduce((total, { count }) => total + count, 0);
  expect(sum).toBe(104 - 17);
  expect(day?.drift).toBe(104 - 17 - 2);
};

const explained: Check = (domain) => {
  const life = new Life(domain);
  for (let n = 0; n < 6; n += 1) life.reserve(`f${n}`);
  expect(life.run().alerts).toMatchObject([{ kind: 'drift', severity: 'info' }]);
  life.deliver('f0');
  const events = life.written.events.slice(0, 0);
  expect(life.run({ events }).alerts).toMatchObject([{ kind: 'drift', severity: 'warning' }]);
};

const dayBefore: Check = (domain) => {
  const life = new Life(domain, {}, LATE);
  for (let n = 0; n < 6; n += 1) life.reserve(`f${n}`, { leaseSeconds: 86_400 });
  life.now = NEXT_DAY;
  life.actor = domain.pass(life.actor, NEXT_DAY);
  expect(life.run().days.map(({ day }) => day - life.account.day)).toEqual([-1, 0]);
  life.until(NEXT_DAY + 600_000);
  expect(life.run().days.map(({ day }) => day - life.account.day)).toEqual([0]);
};

const beforeMidnight: Check = (domain) => {
  const life = new Life(domain, {}, LATE);
  const found = life.edited(62);
  life.until(NEXT_DAY);
  expect(life.run({}, found).cooled).toBe(true);
};

/** The words for the owner add up to the counter, and have no text that a person wrote. */
const ownersWords: Check = (domain) => {
  const life = new Life(domain, { inmailsSentToday: 5, deliveredToday: 2 });
  life.reserve('open');
  life.reserve('unclear');
  life.fail('unclear', 'unknown');
  life.when(domain.hold, { reason: 'the invoice is open', actor: 'mara' });
  const status = domain.statusWire(life.account, life.now, { version: 1, unsaved: 0 });
  const words = domain.customerWords(status, life.now, () => () => 0);
  expect([words.sent, words.maybe, words.sent + words.maybe]).toEqual([2, 5, life.counter]);
  expect(JSON.stringify(words)).not.toMatch(/mara|invoice|unclear/);
};

export const layerChecks = {
  'the words for the owner add up to the counter and name no person': ownersWords,
  'layer 2 reads the counter before the correction': readsBefore,
  'a drift of 5 raises no alert, a drift of 6 does': drift,
  '60 of 50 starts a cooldown, 59 does not': overshoot,
  'an overshoot starts one cooldown, and another when the counter has grown': once,
  'a manual edit just before midnight starts a cooldown after midnight': beforeMidnight,
  'the parts of a gap add up to it': parts,
  'a drift of slots in flight is for information only': explained,
  'the first reconcile of a day checks the day before': dayBefore,
} satisfies Readonly<Record<string, Check>>;
