/** What comes in at an edge: from callers, from people, and out of the history of a closed run. */
import { expect } from 'vitest';
import { isGroup } from '../../../src/domain/primitives/ids.js';
import { CLAIM_MS, EXTERNALS_MAX } from '../../../src/domain/primitives/limits.js';
import { DAY_MS } from '../../../src/domain/primitives/time.js';
import { at, c, m, must, p, r } from '../../support/scenario.js';
import { Life, LATER, NEXT_DAY, NINE, type Check } from './life.js';

const ownWorkflows: Check = (domain) => {
  const isTaken = (workflowId: string, signalName = 'decided'): boolean =>
    'value' in domain.readReplyTo({ workflowId, signalName }, 0);
  expect(isTaken('outreach/7')).toBe(true);
  const own = [
    'temporal-sys-scheduler:x',
    'inmail-account/a',
    'inmail-fleet-audit-2026',
    'INMAIL-Webhooks',
  ];
  expect(own.filter((workflowId) => isTaken(workflowId))).toEqual([]);
  expect(isTaken('outreach/7', '__temporal_x')).toBe(false);
};

const longNames: Check = (domain) => {
  const isTaken = (workflowId: string): boolean =>
    'value' in domain.readReplyTo({ workflowId, signalName: 'decided' }, 0);
  expect(isTaken(`${'中'.repeat(333)}a`)).toBe(true);
  expect(isTaken('中'.repeat(334))).toBe(false);
};

const prefix: Check = (domain) => {
  const isRefused = (workflowId: string, allowed: string | null): boolean =>
    domain.prefixFlaw({ workflowId, signalName: 's' }, allowed) !== undefined;
  expect(isRefused('outreach/7', null)).toBe(true);
  expect(isRefused('outreach/7', 'outreach/')).toBe(false);
  expect(isRefused('other', 'outreach/')).toBe(true);
  expect(isRefused('my-outreach/7', 'outreach/')).toBe(true);
};

const terminal: Check = (domain) => {
  const evil = 'a\u001b[2Jb\u202ec';
  expect(domain.isPlain(evil)).toBe(false);
  expect(domain.isPlain(domain.cleaned(evil))).toBe(true);
  expect(domain.isPlain(domain.shown(evil))).toBe(true);
  expect(domain.shown('two\nlines')).not.toContain('\n');
};

const formulas: Check = ({ csvLine }) => {
  const texts = ['=1', '+1', '-1', '@a', ' =1', '\t1'];
  expect(csvLine(texts)).toBe(`${texts.map((text) => `'${text}`).join(',')}\r\n`);
  expect(csvLine(['a=1', -1])).toBe('a=1,-1\r\n');
};

const unsaved: Check = (domain) => {
  const life = new Life(domain);
  life.reserve('a');
  const messages = [
    { name: 'deliver', input: { reservationId: r('a'), chatId: c('chat-a') } },
    { name: 'deliver', input: { reservationId: r('never-asked'), chatId: c('chat-b') } },
  ] as const;
  const context = { at: LATER, isInRow: false };
  const { entity, outcomes } = messages.reduce(
    (before, one) => domain.recover(before, { ...one, ...context }, (account) => account),
    domain.nothingRecovered(life.actor),
  );
  expect(outcomes).toBe(2);
  expect(entity.account.slots.map(({ state }) => state)).toEqual(['delivered']);
  expect(domain.counterOf(entity.account, entity.account.day)).toBe(2);
};

const reset: Check = (domain) => {
  const life = new Life(domain);
  life.send(1);
  const again = new Life(domain, {}, at('10:00'), life.stored());
  expect(again.account.cooldowns.map(({ cause }) => cause)).toEqual(['two_owners']);
};

const restricted: Check = (domain) => {
  const life = new Life(domain);
  life.when(domain.hold, { reason: 'a holiday', actor: 'ada' });
  life.fail('never-asked', 'restricted');
  const alerts = life.actor.outbox.flatMap(({ row }) => (row.table === 'alerts' ? [row] : []));
  expect(alerts).toContainEqual(
    expect.objectContaining({ kind: 'restricted', severity: 'critical' }),
  );
};

const unreadable: Check = (domain) => {
  for (const mode of ['strict', 'lenient'] as const) {
    for (const retryAfterSeconds of ['soon', -1, {}, true]) {
      const report = { reservationId: 'a', kind: 'throttled', code: 429, retryAfterSeconds };
      expect(domain.parseFail(report, mode, LATER)).toMatchObject({ ok: true });
    }
  }
  const observed = { chatId: 'c', messageId: 'm', sentAt: null };
  expect(domain.parseObserve(observed, 'lenient', LATER)).toMatchObject({
    value: { sentAt: LATER },
    dropped: [expect.stringContaining('sentAt')],
  });
};

const see = (life: Life, n: number): unknown => {
  const observed = { chatId: c(`chat-${n}`), messageId: m('message'), sentAt: life.now };
  const logged = life.domain.loggedIn(life.actor, observed);
  return life.when(life.domain.observe, { ...observed, logged });
};

const forgotten: Check = (domain) => {
  const life = new Life(domain);
  for (let n = 0; n < EXTERNALS_MAX; n += 1) see(life, n);
  expect(domain.hasForgotten(life.account)).toBe(false);
  for (let n = 0; n < 40; n += 1) see(life, EXTERNALS_MAX + n);
  expect(domain.hasForgotten(life.account)).toBe(true);
  for (let n = 0; n < 40; n += 1) expect(see(life, n)).toEqual({ matched: null, counted: false });
  const proof = { chatId: c('chat-0'), messageId: m('message') };
  const logged = domain.loggedIn(life.actor, proof);
  const report = { reservationId: r('never-asked'), ...proof, logged };
  expect(life.when(domain.deliver, report)).toEqual({ settled: 'external' });
  expect(life.counter).toBe(EXTERNALS_MAX + 40);
  life.until(NEXT_DAY + 3 * DAY_MS);
  expect(domain.hasForgotten(life.account)).toBe(false);
};

const readAgain: Check = (domain) => {
  const life = new Life(domain);
  for (let n = 0; n < EXTERNALS_MAX + 40; n += 1) see(life, n);
  const rows = life.stored();
  const start = new Life(domain, {}, NINE, rows);
  const isLeftOut = start.account.externals.length === EXTERNALS_MAX;
  expect([isLeftOut, domain.hasForgotten(start.account)]).toEqual([true, true]);
  const { account } = rows;
  if (!account) throw new Error('there is no row');
  const { actor: entity } = life;
  life.actor = domain.caughtUp(entity, { ...rows, lastWrite: 1 }, account);
  expect(life.counter).toBe(EXTERNALS_MAX + 40);
};

const lateClaim: Check = ({ mayDecide }) => {
  const [group, reservationId] = [must(isGroup, 'eu-sales'), r('a')];
  const ask = { group, reservationId, recipientId: p('ACoAAB1') };
  const mine = [ask];
  const claim = { group, at: NINE, ofGroup: [], wanted: mine, claimed: mine };
  expect(mayDecide(claim, { ...ask, at: NINE + CLAIM_MS })).toBe(true);
  expect(mayDecide(claim, { ...ask, at: NINE + CLAIM_MS + 1 })).toBe(false);
};

export const edgeChecks = {
  'an account that LinkedIn restricts calls a person': restricted,
  'a report counts, whatever its optional fields contain': unreadable,
  'a reply goes to no workflow of Temporal or of ours': ownWorkflows,
  'a name of more than 1,000 bytes is refused': longNames,
  'a reply over HTTP goes only where the operator of the server allows it': prefix,
  'no text that a person reads controls a terminal': terminal,
  'no text in a CSV begins a formula': formulas,
  'a delivery that the last run answered and did not save is counted': unsaved,
  'a run that was reset behind its row waits': reset,
  'a proof that was forgotten and waits to be saved counts once': forgotten,
  'sends that were forgotten do not count again where rows are read again': readAgain,
  'a claim on a recipient of the group decides for 20 s': lateClaim,
} satisfies Readonly<Record<string, Check>>;
