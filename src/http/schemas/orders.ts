/** The schemas of orders on many accounts (R30). */
import { Type } from 'typebox';
import {
  ORDER_ID_PATTERN,
  ORDER_IDS_MAX,
  ORDER_KINDS,
  ORDER_RATE,
  ORDER_REASON_RULE,
} from '../../domain/fleet/order.js';
import { COOLDOWN_CAUSES } from '../../domain/account/stops.js';
import { ACCOUNT_STATES } from '../../domain/gate/accountState.js';
import { TIERS } from '../../domain/primitives/tier.js';
import { group } from '../../domain/wire/settingText.js';
import { ACTOR_RULE } from '../../domain/wire/values.js';
import { csvQuery } from '../plumbing/csv.js';
import { pageQuery } from '../plumbing/paging.js';
import { note } from './body.js';
import { accountId, closed, count, instant, may, orNull } from './parts.js';

const { Array, Boolean, Enum, Integer, Object, Optional, String } = Type;
const orderId = String({
  pattern: ORDER_ID_PATTERN,
  ...note('The id of the order.', '7c2e91d04ab35f68'),
});
const actor = may(
  String({ ...ACTOR_RULE, ...note('The person, recorded as "ada via <key>".', 'ada') }),
);
const reason = String({
  ...ORDER_REASON_RULE,
  ...note('Why; the list of changes of each account shows it with the id.', 'incident 7'),
});
const filter = closed(
  {
    all: may(Boolean({ description: 'True: every connected account; without other filters.' })),
    group: may(String({ ...group.rule, ...note('Only accounts of this group.', 'eu-sales') })),
    tier: may(Enum(TIERS)),
    state: may(
      Enum(ACCOUNT_STATES, {
        description:
          'Only accounts that have this state in their rows. Absent: the connected ones.',
      }),
    ),
    cooldown: may(
      Enum(COOLDOWN_CAUSES, {
        description:
          'Only accounts in a cooldown with this cause; a resume then ends only this cooldown.',
      }),
    ),
    accountIds: may(Array(accountId, { minItems: 1, maxItems: ORDER_IDS_MAX })),
  },
  'Which accounts; with several filters, those that match all of them. It is never empty.',
);
const fields = {
  kind: Enum(ORDER_KINDS),
  filter,
  change: may(Object({}, { additionalProperties: true, description: 'Only configure: its body.' })),
  reason,
  actor,
  perSecond: may(
    Integer({
      minimum: ORDER_RATE.min,
      maximum: ORDER_RATE.max,
      default: ORDER_RATE.default,
      description: 'How many accounts a second.',
    }),
  ),
  expected: may(
    Integer({ minimum: 1, maximum: 10_000_000, description: 'The count of the preview.' }),
  ),
};
const example = { kind: 'hold', filter: { group: 'eu-sales' }, reason: 'incident 7' };
export const orderBody = Object(fields, {
  additionalProperties: false,
  examples: [{ ...example, expected: 412 }],
});
export const previewBody = Object(fields, { additionalProperties: false, examples: [example] });
export const byBody = Object(
  { reason, actor },
  { additionalProperties: false, examples: [{ reason: 'the incident has ended', actor: 'ada' }] },
);
export const previewAnswer = closed({
  count: count('How many accounts the order would be for.'),
  accounts: Array(accountId, { description: 'The first 100 of them, by id.' }),
  effect: String({ description: 'What happens to each account, in sentences.' }),
  already: count('In how many of them the order would change nothing, by their last save.'),
  refused: count('How many would refuse the change: a cap above the safe band of the tier.'),
  settings: Array(
    closed({
      setting: String({ description: 'The setting, in words.' }),
      before: orNull(String()),
      after: String(),
      accounts: count('How many accounts change from the one to the other.'),
    }),
    {
      description:
        'Only configure: each setting that changes, most accounts first, at most 100. At most ' +
        '10,000 different settings are compared.',
    },
  ),
  missing: count('How many of accountIds the filter does not choose.'),
});
export const orderParams = closed({ orderId });
export const order = closed({
  orderId,
  kind: Enum(ORDER_KINDS),
  state: Enum(['running', 'stopping', 'stopped', 'done']),
  filter: Object({}),
  change: orNull(Object({})),
  reason: String(),
  actor: String(),
  perSecond: Integer(),
  accounts: count('How many accounts it is for.'),
  done: count('Accounts that this order has changed.'),
  unchanged: count('Accounts that another person or order had changed before.'),
  failed: count('Accounts that could not be changed.'),
  left: count('Accounts without an outcome.'),
  takesBack: orNull(String({ description: 'The order to hold that this one takes back.' })),
  takenBackBy: orNull(String({ description: 'The order that took this one back.' })),
  madeAt: instant('When it was made.'),
  stopped: orNull(closed({ at: instant('When.'), actor: String(), reason: String() })),
  endedAt: orNull(instant('When it ended.')),
  accountsDeletedAt: orNull(instant('When the rows of its accounts were deleted.')),
});
/** The place of an order in the list: its instant in microseconds, and its id. */
export const orderPlace = Type.Tuple([Integer(), orderId]);
export const ordersQuery = closed({
  ...pageQuery,
  group: Optional(
    String({
      ...group.rule,
      ...note('Only orders whose filter names this group, and their take-backs.', 'eu-sales'),
    }),
  ),
  accountId: Optional(accountId),
});
const outcome = Enum(['done', 'unchanged', 'failed']);
export const orderAccount = closed({
  accountId,
  outcome: orNull(outcome),
  error: orNull(String({ description: 'The type of the error, and its text.' })),
  decidedAt: orNull(instant('When.')),
});
export const accountsQuery = closed({
  ...pageQuery,
  ...csvQuery,
  outcome: Optional(
    Enum(['done', 'unchanged', 'failed', 'left'], { description: 'Only these; left: no outcome.' }),
  ),
});
