/** The schemas of the brake (R27). */
import { Type } from 'typebox';
import { BRAKE_ID_PATTERN } from '../../domain/fleet/brake.js';
import { ORDER_ID_PATTERN } from '../../domain/fleet/order.js';
import { group as groupValue } from '../../domain/wire/settingText.js';
import { ACTOR_RULE, REASON_RULE } from '../../domain/wire/values.js';
import { note } from './body.js';
import { closed, count, instant, may, orNull } from './parts.js';

const { Array, Boolean, Literal, Object, Optional, String } = Type;
const brakeId = String({
  pattern: BRAKE_ID_PATTERN,
  ...note('The id of the brake.', '5f0c9a1d2e3b4c6d'),
});
const held = orNull(String({ description: 'The group. Null: it holds all accounts.' }));
const since = instant('Since when it is on.');
const brake = { brakeId, group: held, since };
const holdOrders = orNull(
  Array(
    closed({
      orderId: String({
        pattern: ORDER_ID_PATTERN,
        ...note('The id of the order.', '7c2e91d04ab35f68'),
      }),
      group: held,
      madeAt: instant('When it was made.'),
      isRunning: Boolean({ description: 'True: it has not ended, and holds more accounts.' }),
      done: count('How many accounts it has held.'),
    }),
    {
      description:
        'The orders that have held these accounts since the brake was put on, and that were not ' +
        'taken back. Null: they cannot be read now.',
    },
  ),
);

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
  toHoldAccounts: closed(
    {
      kind: Literal('hold'),
      filter: closed({ all: Optional(Literal(true)), group: Optional(String()) }),
      reason: String(),
    },
    'The body of `POST /v1/orders/preview` for these accounts: an order also holds them for ' +
      'programs that the brake does not reach. Nothing makes it by itself.',
  ),
});
export const released = closed({
  released: orNull(closed(brake, 'The brake that is off now. Null: it was not on.')),
  holdOrders,
});
const person = {
  actor: String({ description: 'The actor: the name of a key, or `cli:<user>`.' }),
  reason: String({ description: 'Why.' }),
};
const traced = closed({
  ...brake,
  ...person,
  released: orNull(closed({ at: instant('When it was released.'), ...person })),
  holdOrders,
});
export const brakes = closed({
  held: Array(
    closed({
      ...brake,
      actor: orNull(String({ description: 'Null: its row is not written yet.' })),
      reason: orNull(String()),
      holdOrders,
    }),
    { description: 'The brakes that are on now.' },
  ),
  history: Array(traced, { description: 'The last 50 brakes, the newest first.' }),
});
