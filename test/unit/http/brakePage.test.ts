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
