/** The dashboard's components: their texts, and that no user's text becomes markup. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StatusRow } from '../../../src/postgres/read/reads.js';
import { AccountPage } from '../../../src/http/pages/account/account.js';
import type { AccountData } from '../../../src/http/pages/account/accountData.js';
import { ActPage } from '../../../src/http/pages/alerts/actPage.js';
import { AlertsPage } from '../../../src/http/pages/alerts/alertsPage.js';
import { alertsAskOf } from '../../../src/http/pages/alerts/alertsView.js';
import { AccountsPage } from '../../../src/http/pages/accounts/accounts.js';
import { addressOf, askOf } from '../../../src/http/pages/accounts/accountsView.js';
import { entryOf } from '../../../src/http/pages/accounts/entryOf.js';
import { actionOf } from '../../../src/http/pages/actions/actions.js';
import { CampaignsPage } from '../../../src/http/pages/campaigns/campaignsPage.js';
import { encodingFor, readAssets } from '../../../src/http/pages/ui/assets.js';
import { partsInWords } from '../../../src/http/pages/ui/bar.js';
import { ConfirmPage, ConnectPage } from '../../../src/http/pages/actions/confirm.js';
import { counterPoints, timelineOf } from '../../../src/http/pages/account/dayStory.js';
import { FleetPage } from '../../../src/http/pages/fleet/fleet.js';
import { duration } from '../../../src/http/pages/ui/format.js';
import { htmlOf } from '../../../src/http/pages/ui/layout.js';
import { LoginPage, safePath } from '../../../src/http/pages/session/login.js';
import { nextEdge, numbersOfRow, type Numbers } from '../../../src/http/pages/ui/numbers.js';
import { ProblemPage } from '../../../src/http/pages/ui/problemPage.js';
import { WhyPage } from '../../../src/http/pages/account/why.js';
import { Problem } from '../../../src/http/plumbing/problems.js';
import { dayOf, HOUR_MS, MINUTE_MS } from '../../../src/domain/primitives/time.js';
import { countsOf } from '../../../src/postgres/list/selecting.js';
import { at } from '../../support/scenario.js';
import {
  accountData,
  article,
  FLEET,
  frame,
  HEARTBEAT,
  HOSTILE,
  hostile,
  statusRow,
} from '../../support/pages.js';

const NOON = at('12:00');

/** What a browser would run or load that we did not write. */
function intruders(html: string): readonly string[] {
  const tags = [...html.matchAll(/<\/?([a-z][a-z0-9]*)\b([^>]*)>/gi)];
  return tags
    .filter(
      ([, name, attributes = '']) =>
        name === 'img' ||
        name === 'iframe' ||
        (name === 'script' && attributes !== '' && !/ src="\/assets\//.test(attributes)) ||
        / on[a-z]+=| style=|javascript:/i.test(attributes.replaceAll(/"[^"]*"/g, '""')),
    )
    .map(([tag]) => tag);
}

const data: AccountData = hostile(accountData());
const countsIn = (accounts: readonly Numbers[]) =>
  countsOf(accounts.map((one) => ({ ...entryOf(one, NOON), accounts: 1, drifting: 0 })));
const readingOf = ({ length }: readonly Numbers[]) => ({
  progress: { size: length, unread: 0 },
  readAt: NOON,
  failure: null,
});
const list = (accounts: readonly Numbers[]) => ({
  frame: hostile(frame()),
  ask: askOf({ q: HOSTILE }),
  list: {
    shown: accounts,
    matches: accounts.length,
    page: 1,
    pages: 1,
    counts: countsIn(accounts),
  },
  reading: { ...readingOf(accounts), failure: HOSTILE },
  alerts: new Map([['Anna-1', { info: 0, warning: 1, critical: 2, acknowledged: 1 }]]),
});
const fleetOf = (accounts: readonly Numbers[], above = 0) => {
  const ids = accounts.map(({ accountId }) => accountId);
  const figures = {
    ...countsIn(accounts),
    sums: { counter: 0, logged: 0, inFlight: 0, uncertain: 0 },
    drifting: { count: ids.length, above, ids },
    cooldowns: { count: ids.length, ids },
    oldest: { accountId: ids[0] ?? '', at: NOON },
  };
  return {
    reading: readingOf(accounts),
    fleet: { figures, drifting: accounts, cooldowns: accounts },
  };
};
const failure = { title: HOSTILE, detail: HOSTILE, field: 'reason', cure: HOSTILE };
const NO_FILTER = { campaignId: '', prefix: '', accountId: '', group: '', from: '', to: '' };
const settle = actionOf('settle');

const PAGES: Readonly<Record<string, () => Parameters<typeof htmlOf>[0]>> = {
  accounts: () => AccountsPage(list([data.numbers])),
  'accounts, none': () => AccountsPage(list([])),
  account: () => AccountPage({ frame: hostile(frame()), data, workflowUrl: 'http://ui/x' }),
  alerts: () =>
    AlertsPage({
      frame: hostile(frame()),
      ask: alertsAskOf({}),
      alerts: hostile(accountData().rows.alerts),
      counts: { info: 0, warning: 1, critical: 0, acknowledged: 0 },
      groups: [{ group: HOSTILE, accounts: 1 }],
      next: null,
    }),
  'an alert is closed': () => {
    const [alert] = hostile(accountData().rows.alerts);
    if (!alert) throw new Error('the account has an alert');
    const form = { reason: HOSTILE, back: HOSTILE };
    const page = { frame: frame(), verb: 'close', alert, form, failure, isPossible: true } as const;
    return ActPage({ ...page, back: '/alerts' });
  },
  why: () => WhyPage({ frame: hostile(frame()), why: hostile(article()), isAsked: true }),
  fleet: () =>
    FleetPage({
      frame: hostile(frame()),
      ...fleetOf([data.numbers]),
      heartbeats: [HEARTBEAT],
      ...hostile(FLEET),
      group: HOSTILE,
    }),
  campaigns: () => {
    const counts = { asked: 3, granted: 2, denied: 1, delivered: 1, inFlight: 1, uncertain: 0 };
    const row = { campaignId: HOSTILE, quotaDay: '2026-11-24', ...counts, released: 0 };
    return CampaignsPage({
      frame: hostile(frame()),
      wanted: { ...NO_FILTER, prefix: HOSTILE, accountId: HOSTILE, to: HOSTILE },
      groups: [],
      days: { from: dayOf(NOON) - 3, to: dayOf(NOON) },
      campaigns: [{ campaignId: HOSTILE, days: [{ ...row, denials: { [HOSTILE]: 1 } }] }],
      next: null,
      begun: null,
      failure: null,
    });
  },
  confirm: () => {
    if (!settle) throw new Error('there is such an action');
    const form = { reservationId: HOSTILE, chatId: HOSTILE, reason: HOSTILE };
    return ConfirmPage({ frame: frame(), name: 'settle', action: settle, data, form, failure });
  },
  connect: () => ConnectPage({ frame: frame(), form: { accountId: HOSTILE }, failure }),
  login: () => LoginPage({ frame: frame(), next: HOSTILE, failure: HOSTILE }),
  problem: () =>
    ProblemPage({
      frame: frame(),
      status: 404,
      problem: new Problem({ status: 404, kind: 'x', title: HOSTILE, detail: HOSTILE }),
    }),
};

describe('script in every text', () => {
  it.each(Object.keys(PAGES))('script in a text stays text on the page "%s"', (name) => {
    const html = htmlOf(
      PAGES[name]?.() ?? ConnectPage({ frame: frame(), form: {}, failure: null }),
    );
    expect(intruders(html)).toEqual([]);
    expect(html).toContain('&lt;script>');
    expect(html).not.toContain('<script>');
  });

  it('this test finds script in a page', () => {
    expect(intruders(`<p>${HOSTILE}</p>`)).not.toEqual([]);
  });
});

describe('the numbers of an account', () => {
  const rows = fc.record({
    inFlight: fc.nat(9),
    uncertain: fc.nat(9),
    delivered: fc.nat(60),
    external: fc.nat(9),
    imported: fc.nat(9),
    counter: fc.nat(120),
    carried: fc.nat(5),
    unexplained: fc.integer({ min: -9, max: 90 }),
  });
  it('the numbers of an account are those of its row, and no page computes a part again', () => {
    fc.assert(
      fc.property(rows, (some) => {
        const row = { ...statusRow(), ...some };
        const {
          asOf,
          nextCheckAt: _,
          logged,
          caps,
          fullCapOn,
          learnt,
          ...numbers
        } = numbersOfRow(row, NOON);
        expect({ ...numbers, caps: row.caps }).toEqual(row);
        expect([fullCapOn, learnt]).toEqual([null, null]);
        expect([asOf, logged]).toEqual([NOON, row.delivered + row.external]);
        expect(caps).toMatchObject(row.caps);
      }),
    );
  });

  it('the numbers of an account show 104 of 50 with 17, and 87 unexplained', () => {
    const row: StatusRow = { ...statusRow(), counter: 104, delivered: 17, unexplained: 87 };
    const alone = { external: 0, inFlight: 0, carried: 0, drift: 87 };
    const numbers = numbersOfRow({ ...row, ...alone }, NOON);
    expect(numbers).toMatchObject({ counter: 104, logged: 17, unexplained: 87 });
    expect(partsInWords(numbers)).toBe('17 delivered, 87 unexplained');
  });

  it('the numbers of an account change at the first end: of a cooldown, or of the day', () => {
    const numbers = numbersOfRow(statusRow(), NOON);
    expect(nextEdge({ ...numbers, cooldown: null })).toBe(at('2026-11-25T00:00:00.000Z'));
    expect(nextEdge({ ...numbers, cooldown: { until: NOON + 1, cause: 'throttled' } })).toBe(
      NOON + 1,
    );
  });
});

it('the list of accounts shows all accounts if the address makes no sense', () => {
  const strange = { q: ['x'], state: 'mad', sort: '__proto__', dir: {}, page: '-7' };
  expect(askOf(strange)).toEqual(askOf({}));
  expect(addressOf(askOf({ q: '<&>', state: 'held', page: '2' }), { page: 3 })).toBe(
    '/accounts?q=%3C%26%3E&state=held&page=3',
  );
});

it('the fleet page shows accounts with drift, and how many of them the audit counts', () => {
  const of = (accountId: string, drift: number, more: Partial<StatusRow> = {}) =>
    numbersOfRow({ ...statusRow(), state: 'active', accountId, drift, ...more }, NOON);
  const accounts = [of('less', -7), of('six', 6, { imported: 2 }), of('five', 5)];
  const audits = { heartbeats: [], ...FLEET };
  const html = htmlOf(FleetPage({ frame: frame(), ...fleetOf(accounts, 1), ...audits }));
  const section = html.split('id="drifting"')[1]?.split('</section>')[0] ?? '';
  expect([...section.matchAll(/<li id="drifting-(\w+)"/g)].map(([, id]) => id)).toEqual([
    'less',
    'six',
    'five',
  ]);
  const text = section.replaceAll(/<[^>]*>/g, '');
  expect(text).toContain('Connected accounts with drift (3)');
  expect(text).toContain('Of these accounts, 1 has a drift of more than 5');
  expect(text).toContain('event log 2, imported 2: drift 6');
});

it('the fleet page shows how many accounts without a workflow are started again', () => {
  const shown = (more: object): string => {
    const props = { ...fleetOf([]), heartbeats: [], ...FLEET, ...more };
    const html = htmlOf(FleetPage({ frame: frame(), ...props }));
    const checks = html.split('id="checks"')[1]?.split('</section>')[0] ?? '';
    return checks.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');
  };
  const lastHeartbeatAt = NOON - 25 * MINUTE_MS;
  const began = { beganAt: NOON - 6 * MINUTE_MS, started: 7_412, missing: 2_588 };
  const recovery = { ...began, lastAt: NOON, signAt: NOON };
  const open = shown({ lastHeartbeatAt, recovery });
  expect(open).toContain('Accounts without a workflow 2,588 7,412 of 10,000 started again since');
  expect(open).not.toContain('overdue'); // its heartbeat comes at the end
  expect(shown({ lastHeartbeatAt })).toContain('overdue');
  expect(shown({ lastHeartbeatAt, recovery: { ...recovery, signAt: null } })).toContain('overdue');
  const over = { ...recovery, started: 10_000, missing: 0 };
  expect(shown({ recovery: over })).toContain('Accounts without a workflow 0 10,000 of 10,000');
  const old = { ...over, lastAt: NOON - 2 * HOUR_MS };
  for (const hidden of [{}, { recovery: old }, { recovery, heartbeats: null }]) {
    expect(shown(hidden)).not.toContain('without a workflow');
  }
});

it('the fleet page has what each audit found, and the account page the open slots of its status', () => {
  const cells = (html: string, id: string): readonly string[] => {
    const row = html.split(`id="${id}"`)[1]?.split('</tr>')[0] ?? '';
    return [...row.matchAll(/<td[^>]*>([^<]*)<\/td>/g)].map(([, text = '']) => text);
  };
  const fleet = htmlOf(
    PAGES['fleet']?.() ?? ConnectPage({ frame: frame(), form: {}, failure: null }),
  );
  expect(cells(fleet, 'run-audit-1')).toEqual([
    '1 ms',
    '9',
    '2',
    '3',
    '4',
    '1 reconcile, 5 resets',
    '▲ alerts',
  ]);
  const [open] = accountData().open;
  if (!open) throw new Error('the account has an open slot');
  const uncertain = { ...open, reservationId: 'R-7', state: 'uncertain' as const };
  const page = { frame: frame(), data: { ...accountData(), open: [uncertain] }, workflowUrl: null };
  const account = htmlOf(AccountPage(page));
  expect(cells(account, 'reservation-R-7')).toContain('? uncertain');
  expect(account).not.toContain('id="reservation-R-1"');
  expect(account).toContain('Open reservations (1)');
});

describe('the story of a day', () => {
  it('the chart of a day frees the room of a released slot at the time of the release', () => {
    const { rows, numbers } = accountData();
    const values = counterPoints(rows, numbers).map(({ value }) => value);
    expect(Math.max(...values)).toBe(3);
    expect(values.at(-1)).toBe(numbers.counter);
    expect(timelineOf(rows).map(({ title }) => title)).toEqual([
      'Corrected',
      'Alert',
      'Held',
      'Sent manually',
      'Released',
      'Delivered',
      'In flight',
    ]);
  });
});

describe('what a page weighs', () => {
  it('a page has at most 80 KiB of scripts and styles, compressed', async () => {
    const { byName } = await readAssets();
    const sizes = [...byName.values()].map(({ gzip }) => gzip.length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(80 * 1_024);
  });

  it.each([
    ['gzip, deflate, br', 'br'],
    ['gzip', 'gzip'],
    ['br;q=0, gzip;q=0.5', 'gzip'],
    ['identity', null],
    [undefined, null],
  ])('a browser that accepts %s gets the encoding %s', (accepted, encoding) => {
    expect(encodingFor(accepted)).toBe(encoding);
  });
});

it.each([
  ['/accounts/anna?x=1', '/accounts/anna?x=1'],
  ['//evil.example', '/accounts'],
  ['/\\evil.example', '/accounts'],
  ['https://evil.example', '/accounts'],
  ['/accounts\r\nset-cookie: x', '/accounts'],
  [undefined, '/accounts'],
])('after a log-in for %j it goes to %s', (asked, path) => {
  expect(safePath(asked)).toBe(path);
});

it.each([
  [-5, '0 s'],
  [12_345, '12 s'],
  [249_000, '4 min 09 s'],
  [7_500_000, '2 h 05 min'],
  [300_000_000, '3 days'],
])('shows %i ms as %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});
