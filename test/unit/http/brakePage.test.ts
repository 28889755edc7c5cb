/** The brake on the pages: at the top of each, and with its button on *Fleet* (R27). */
import { expect, it } from 'vitest';
import type { Brake } from '../../../src/domain/fleet/brake.js';
import { BrakeSection, type BrakePart } from '../../../src/http/pages/fleet/brake.js';
import { BrakeConfirmPage, type Asked } from '../../../src/http/pages/fleet/brakeConfirm.js';
import { htmlOf, Page } from '../../../src/http/pages/ui/layout.js';
import { BRAKE_PART, frame } from '../../support/pages.js';

/** Renders the section on a page; `brake`: the one that is on. */
function pageOf(part: BrakePart, brake: Brake | null): string {
  const framed = { ...frame(), brake };
  const children = BrakeSection({ frame: framed, part });
  return htmlOf(Page({ frame: framed, title: 'Fleet', children }));
}
const [held] = BRAKE_PART.brakes?.held ?? [];
if (!held) throw new Error('the brake of the test is on');
const group = { ...held, group: 'acme' };
const GROUPS = [
  { group: 'acme', accounts: 1_409 },
  { group: 'eu-sales', accounts: 1 },
];
/** Returns the choices of the form: their values and words; one that is chosen has a star. */
const choicesOf = (page: string): readonly string[] =>
  [...page.matchAll(/<option value(?:="([^"]*)")?( selected)?[^>]*>([^<]*)/g)].map(
    ([, value = '', isChosen, word]) => `${value}=${word}${isChosen ? '*' : ''}`,
  );

it('every page has the brake at its top while it is on, and the fleet page releases it', () => {
  const on = pageOf(BRAKE_PART, held);
  expect(on).toContain('id="braked"');
  expect(on).toContain('action="/fleet/brake/release"');
  expect(on).not.toContain('action="/fleet/brake/preview"');
  expect(on).toContain('by ada: wrong texts');
  const reader = pageOf({ ...BRAKE_PART, groups: GROUPS, mayBrake: () => false }, held);
  expect(reader).not.toContain('action="/fleet/brake');
});

it('the fleet page stops all sends while the brake is off, or holds a group only', () => {
  const off = pageOf({ ...BRAKE_PART, brakes: { held: [], history: [] } }, null);
  expect(off).not.toContain('id="braked"');
  expect(off).toContain('action="/fleet/brake/preview"');
  const ofGroup = pageOf({ ...BRAKE_PART, brakes: { held: [group], history: [] } }, group);
  expect(ofGroup.replaceAll(/<!-- -->/g, '')).toContain('no account of the group acme gets a slot');
  expect(ofGroup).toContain('action="/fleet/brake/preview"');
  expect(ofGroup).toContain('name="group" value="acme"');
});

it('the fleet page states that a brake that cannot be read stops all callers', () => {
  expect(pageOf({ ...BRAKE_PART, brakes: null }, null)).toContain('The brake cannot be read now');
});

it('the fleet page offers the order that holds the same accounts, or names the one that has', () => {
  const one = (more: object) =>
    pageOf(
      { ...BRAKE_PART, brakes: { held: [{ ...group, ...more }], history: [] } },
      group,
    ).replaceAll('&amp;', '&');
  expect(one({ holdOrders: [] })).toContain(
    'href="/orders?kind=hold&group=acme&reason=wrong+texts#make"',
  );
  const order = {
    orderId: '7c2e91d04ab35f68',
    group: 'acme',
    madeAt: group.since,
    isRunning: false,
    done: 1_409,
  };
  const made = one({ holdOrders: [order] });
  expect(made).toContain('<a href="/orders/7c2e91d04ab35f68">7c2e91d04ab35f68</a>');
  expect(made).toContain('has held 1,409 accounts');
  expect(made).not.toContain('href="/orders?');
  const [past] = BRAKE_PART.brakes?.history ?? [];
  if (!past) throw new Error('the test has a brake that was released');
  const after = { held: [], history: [{ ...past, holdOrders: [order] }] };
  expect(pageOf({ ...BRAKE_PART, brakes: after }, null)).toContain(
    'which stay held until you take it back',
  );
});

it('the form stops all accounts or a group: only what the key has, and no brake holds already', () => {
  const one = (more: Partial<BrakePart>): readonly string[] =>
    choicesOf(pageOf({ ...BRAKE_PART, groups: GROUPS, ...more }, null));
  const none = { held: [], history: [] };
  const all = ['acme=acme (1,409 accounts)', 'eu-sales=eu-sales (1 account)'];
  expect(one({ brakes: none })).toEqual(['=All accounts*', ...all]);
  expect(one({})).toEqual(['=choose…', ...all]); // all accounts are held
  expect(one({ brakes: { held: [group], history: [] } })).toEqual(['=All accounts*', all[1]]);
  const ofAcme = (named: string | null): boolean => named === 'acme';
  expect(one({ brakes: none, mayBrake: ofAcme })).toEqual(['=choose…', all[0]]);
  const many = Array.from({ length: 51 }, (_, n) => ({ group: `g${n}`, accounts: 1 }));
  const long = pageOf({ ...BRAKE_PART, brakes: none, groups: many }, null);
  expect([choicesOf(long), long]).toEqual([[], expect.stringContaining('Empty: all accounts.')]);
  // A group that has no account any more is kept: in its place the form would stop all accounts.
  const form = { group: 'gone', reason: '' };
  expect(one({ brakes: none, form })).toEqual(['=All accounts', ...all, 'gone=gone*']);
});

it('each brake that is on has its scope, who, why, since when, and its own release', () => {
  const ofAll = { ...held, brakeId: '5f0c9a1d2e3b4c6f', actor: 'ben', reason: 'a test' };
  const brakes = { held: [group, ofAll], history: [] };
  const ofAcme = (named: string | null): boolean => named === 'acme';
  const text = (may: BrakePart['mayBrake']): string =>
    pageOf({ ...BRAKE_PART, brakes, mayBrake: may }, held).replaceAll(/<!-- -->/g, '');
  const both = text(() => true);
  for (const part of [
    '■ The brake is on for the group acme</strong> since ',
    ', by ada: wrong texts. No account of this group gets a slot.',
    '■ The brake is on for all accounts</strong> since ',
    ', by ben: a test. No account gets a slot.',
    'name="group" value="acme"',
    'name="group" value/>',
    '>Release the brake of acme</button>',
    '>Release the brake</button>',
  ]) {
    expect(both).toContain(part);
  }
  expect(text(ofAcme).match(/action="\/fleet\/brake\/release"/g)).toHaveLength(1);
});

it('the preview of the brake names the accounts that it stops, also without Postgres', () => {
  const one = (asked: Partial<Asked>): string =>
    htmlOf(
      BrakeConfirmPage({
        frame: frame(),
        asked: { group: 'acme', reason: 'a < b', count: 1_409, ...asked },
      }),
    ).replaceAll(/<!-- -->/g, '');
  const ofGroup = one({});
  expect(ofGroup).toContain('<strong>the accounts of the group acme</strong>, now 1,409 connected');
  expect(ofGroup).toContain('Reason: a &lt; b');
  expect(ofGroup).toContain('name="group" value="acme"');
  expect(ofGroup).toContain('>Stop the sends of acme</button>');
  const all = one({ group: null, count: null });
  expect(all).toContain('a slot of <strong>any account</strong>, until');
  expect(all).toContain('>Stop all sends</button>');
});
