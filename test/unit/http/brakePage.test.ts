/** The brake on the pages: at the top of each, and with its button on *Fleet* (R27). */
import { expect, it } from 'vitest';
import type { Brake } from '../../../src/domain/fleet/brake.js';
import { BrakeSection, type BrakePart } from '../../../src/http/pages/fleet/brake.js';
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

it('every page has the brake at its top while it is on, and the fleet page releases it', () => {
  const on = pageOf(BRAKE_PART, held);
  expect(on).toContain('id="braked"');
  expect(on).toContain('action="/fleet/brake/release"');
  expect(on).not.toContain('action="/fleet/brake"');
  expect(on).toContain('by ada: wrong texts');
  expect(pageOf({ ...BRAKE_PART, mayBrake: false }, held)).not.toContain('action="/fleet/brake');
});

it('the fleet page stops all sends while the brake is off, or holds a group only', () => {
  const off = pageOf({ ...BRAKE_PART, brakes: { held: [], history: [] } }, null);
  expect(off).not.toContain('id="braked"');
  expect(off).toContain('action="/fleet/brake"');
  const ofGroup = pageOf({ ...BRAKE_PART, brakes: { held: [group], history: [] } }, group);
  expect(ofGroup.replaceAll(/<!-- -->/g, '')).toContain('no account of the group acme gets a slot');
  expect(ofGroup).toContain('action="/fleet/brake"');
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
