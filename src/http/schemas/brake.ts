/** The schemas of the brake (R27). */
import { Type } from 'typebox';
import { BRAKE_ID_PATTERN } from '../../domain/fleet/brake.js';
import { group as groupValue } from '../../domain/wire/settingText.js';
import { ACTOR_RULE, REASON_RULE } from '../../domain/wire/values.js';
import { note } from './body.js';
import { closed, instant, may, orNull } from './parts.js';

const { Array, Boolean, Object, String } = Type;
const brakeId = String({
  pattern: BRAKE_ID_PATTERN,
  ...note('The id of the brake.', '5f0c9a1d2e3b4c6d'),
});
const held = orNull(String({ description: 'The group. Null: it holds all accounts.' }));
const since = instant('Since when it is on.');
const brake = { brakeId, group: held, since };

export const brakeOrder = Object(
  {
    group: may(
      String({
        ...groupValue.rule,
        ...note('Only the accounts of this group. Absent: all accounts.', 'eu-sales'),
      }),
    ),
    reason: String({
      ...REASON_RULE,
      ...note('Why; shown to all who use the fleet.', 'wrong texts'),
    }),
    actor: may(
      String({ ...ACTOR_RULE, ...note('The person, recorded as "ada via <key>".', 'ada') }),
    ),
  },
  {
    additionalProperties: false,
    examples: [
      { reason: 'wrong texts', actor: 'ada' },
      { group: 'eu-sales', reason: 'wrong texts' },
    ],
  },
);
export const engaged = closed({
  ...brake,
  heldBefore: Boolean({ description: 'True: the brake was on already, and stays.' }),
});
export const released = closed({
  released: orNull(closed(brake, 'The brake that is off now. Null: it was not on.')),
});
const person = {
  actor: String({ description: 'The actor: the name of a key, or `cli:<user>`.' }),
  reason: String({ description: 'Why.' }),
};
const traced = closed({
  ...brake,
  ...person,
  released: orNull(closed({ at: instant('When it was released.'), ...person })),
});
export const brakes = closed({
  held: Array(
    closed({
      ...brake,
      actor: orNull(String({ description: 'Null: its row is not written yet.' })),
      reason: orNull(String()),
    }),
    { description: 'The brakes that are on now.' },
  ),
  history: Array(traced, { description: 'The last 50 brakes, the newest first.' }),
});
