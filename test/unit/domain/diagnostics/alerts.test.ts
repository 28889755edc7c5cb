/** The help of alerts: each kind has all texts, the runbook has them too, and who may close what. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ALERT_KINDS } from '../../../../src/domain/account/alertKinds.js';
import { refusalOfAct, type ActOn } from '../../../../src/domain/diagnostics/alerts/act.js';
import {
  ALERT_HELP,
  END_WORDS,
  mayClose,
  SEVERITY_WORDS,
} from '../../../../src/domain/diagnostics/alerts/alertHelp.js';
import { alteredAlert, FLEET_ALERTS } from '../../../../src/domain/reconcile/fleetAudit.js';
import { at } from '../../../support/scenario.js';

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');
const sections = new Map(
  readFileSync('docs/runbook.md', 'utf8')
    .split(/^#{2,3} /m)
    .map((text) => [text.split('\n')[0] ?? '', oneLine(text)] as const),
);

it.each(ALERT_KINDS)('the alert %s has all texts', (kind) => {
  const { title, found, step, ifNoPersonActs, endedBy } = ALERT_HELP[kind];
  expect(title).toMatch(/^[A-Z].{10,90}[^.]$/);
  for (const text of [found, step, ifNoPersonActs]) expect(text).toMatch(/^[A-Z].{10,}\.$/);
  expect(ifNoPersonActs).toMatch(/^If no person acts, /);
  expect(END_WORDS[endedBy]).toMatch(/\.$/);
});

it('the table of alert help has each kind once, and no other', () => {
  expect(Object.keys(ALERT_HELP).toSorted()).toEqual(ALERT_KINDS.toSorted());
});

it.each(ALERT_KINDS)('the runbook has what happens if no person acts on %s', (kind) => {
  expect(sections.get(kind)).toContain(ALERT_HELP[kind].ifNoPersonActs);
});

it('the runbook has what each severity asks of a person, and which alerts a person closes', () => {
  const section = sections.get('First checks') ?? '';
  for (const [severity, words] of Object.entries(SEVERITY_WORDS)) {
    expect(section).toContain(`\`${severity}\`: ${words}`);
  }
  const [, named = ''] = /it closes the alert\. This applies to (.*?)\. /.exec(section) ?? [''];
  const byCause = ALERT_KINDS.filter((kind) =>
    ['reconcile', 'audit'].includes(ALERT_HELP[kind].endedBy),
  );
  expect([...named.matchAll(/`(\w+)`/g)].map(([, kind = '']) => kind).toSorted()).toEqual(
    byCause.toSorted(),
  );
});

it('a person closes no alert whose cause a reconcile, an audit or a resume ends', () => {
  const byPerson = ALERT_KINDS.filter((kind) => mayClose(kind, true));
  expect(byPerson).toEqual(ALERT_KINDS.filter((kind) => ALERT_HELP[kind].endedBy === 'person'));
  for (const kind of ['drift', 'over_cap', 'undercount', 'restricted', ...FLEET_ALERTS] as const) {
    expect([kind, mayClose(kind, true)]).toEqual([kind, false]);
  }
});

it('a person closes every alert of a disconnected account that the audit does not end', () => {
  const open = ALERT_KINDS.filter((kind) => !mayClose(kind, false));
  expect(open.toSorted()).toEqual([...FLEET_ALERTS].toSorted());
});

const RAISED = at('10:00');
const alert: ActOn = {
  alertId: 7,
  kind: 'bad_signal',
  raisedAt: RAISED,
  resolvedAt: null,
  acknowledged: null,
  closed: null,
  isConnected: true,
};

it('an order is refused if the alert was raised again after the person read it', () => {
  for (const verb of ['acknowledge', 'close'] as const) {
    expect(refusalOfAct(verb, alert, RAISED)).toBeUndefined();
    expect(refusalOfAct(verb, alert, null)).toBeUndefined();
    expect(refusalOfAct(verb, alert, RAISED - 1)).toMatchObject({ code: 'AlertRaisedAgain' });
  }
});

it('a refusal names who has acted before, and what to do', () => {
  const ada = { actor: 'ada', at: at('10:05') };
  expect(refusalOfAct('acknowledge', { ...alert, acknowledged: ada }, null)).toMatchObject({
    code: 'AlertAcknowledged',
    message: expect.stringContaining('already acknowledged by ada'),
  });
  expect(refusalOfAct('close', { ...alert, acknowledged: ada }, null)).toBeUndefined();
  const over = { ...alert, resolvedAt: at('10:06'), closed: ada };
  expect(refusalOfAct('close', over, null)).toMatchObject({
    code: 'AlertResolved',
    message: expect.stringContaining('resolved by ada'),
  });
  expect(refusalOfAct('close', { ...alert, kind: 'drift' }, null)).toMatchObject({
    code: 'AlertNotClosable',
    message: expect.stringContaining(
      'ends with its cause: when a reconcile finds that the cause no longer exists, it closes the alert',
    ),
  });
});

it('the alert of a changed month states in one sentence what was found, and belongs to this month', () => {
  const altered = { month: '2026-10', mark: 'm1', differences: 2 } as const;
  const row = { flaw: 'edited', accountId: 'a', day: '2026-10-07', eventId: '7' } as const;
  expect(alteredAlert({ ...altered, ...row }).details).toMatchObject({
    message: '2026-10: row was edited (account a, day 2026-10-07, event 7); 2 differences found',
    day: '2026-10-01',
  });
  const seal = { flaw: 'seal', accountId: null, day: '2026-10-01', eventId: null } as const;
  expect(alteredAlert({ ...altered, ...seal, differences: 1 }).details).toMatchObject({
    message: '2026-10: seal was changed or deleted; 1 difference found',
  });
});
