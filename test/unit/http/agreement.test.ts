/**
 * The schema of HTTP and the parser of Signal and Update accept the same values. Both come from one
 * description (src/domain/wire/message.ts); this test finds a rule that only one of them has.
 */
import fc from 'fast-check';
import type { TObject } from 'typebox';
import { describe, expect, it } from 'vitest';
import { checkOf } from '../../../src/http/plumbing/validation.js';
import * as bodies from '../../../src/http/schemas/messages.js';
import { messages } from '../../../src/temporal/protocol.js';
import type { Parser } from '../../../src/domain/wire/message.js';

const NOW = Date.UTC(2026, 10, 24, 9, 30, 7);
const PERSON = { reason: 'checked', actor: 'ada' };

/** Each message, and a payload with all fields that it needs. */
const MESSAGES: readonly (readonly [
  name: string,
  parse: Parser<unknown>,
  body: TObject,
  least: object,
])[] = [
  ['connect', messages.connect.parse, bodies.connect, { accountId: 'a', tier: 'recruiter' }],
  ['sendReserve', messages.sendReserve.parse, bodies.sendReserve, { reservationId: 'r' }],
  [
    'sendDelivered',
    messages.sendDelivered.parse,
    bodies.sendDelivered,
    { reservationId: 'r', chatId: 'c' },
  ],
  [
    'sendFailed',
    messages.sendFailed.parse,
    bodies.sendFailed,
    { reservationId: 'r', kind: 'unknown' },
  ],
  [
    'sendObserved',
    messages.sendObserved.parse,
    bodies.sendObserved,
    { chatId: 'c', messageId: 'm', sentAt: '2026-11-24T09:00:00.000Z' },
  ],
  ['configure', messages.configure.parse, bodies.configure, {}],
  ['hold', messages.hold.parse, bodies.order, PERSON],
  ['disconnect', messages.disconnect.parse, bodies.order, PERSON],
  [
    'settleByOperator',
    messages.settleByOperator.parse,
    bodies.settleByOperator,
    { reservationId: 'r', outcome: 'released', ...PERSON },
  ],
];

/** Fields that the parser checks beyond the schema, which no JSON Schema can state. */
const PARSER_CHECKS_MORE: Readonly<Record<string, string>> = {
  chatId: 'an id needs a visible character; sendDelivered refuses a missing chat by its own type',
  messageId: 'an id needs a visible character',
  sentAt: 'the day is in its month, the time in its day',
  validUntil: 'the day is in its month, the time in its day',
  priority: 'only an ask with wait: true has one',
  timezone: 'the zone is in the list of IANA',
  ramp: 'the caps ascend, and a start checks them against the safe band',
  dailyCap: 'a start checks it against the safe band',
  weeklyCap: 'a start checks it against the safe band',
  deliveredToday: 'it is inmailsSentToday at most',
  tier: 'a start needs it',
  replyTo: 'the names have at most 1,000 bytes, and the workflow is not of Safeband or Temporal',
};
/** Fields that HTTP checks beyond the parser. */
const HTTP_CHECKS_MORE: Readonly<Record<string, string>> = {
  connect: 'HTTP connects; only the start of a workflow may leave that out',
  sendingWindow: 'an unknown field inside is refused',
  ramp: 'an unknown field inside is refused',
};
/** Fields that HTTP takes from the path or from the key. */
const FROM_KEY_OR_PATH = ['actor', 'accountId'];

/** Values at the limits of all messages, and any other value. */
const LIMITS = [0, 1, 31, 32, 128, 129, 512, 513, 86_400, 86_401, 100_000, 100_001];
const values = fc.oneof(
  fc.constantFrom(
    ...LIMITS,
    ...LIMITS.map((n) => -n),
    0.5,
    '20',
    '',
    ' ',
    null,
    true,
    false,
    [],
    {},
  ),
  fc.constantFrom(
    'premium',
    'rejected',
    'released',
    'mon',
    '09:00',
    'Europe/Berlin',
    'x\ty',
    '\u200b',
  ),
  fc.constantFrom('2026-11-24T09:00:00Z', '2026-02-30T09:00:00Z', '2026-11-24 09:00+05:30'),
  fc.constantFrom(...LIMITS.filter((n) => n < 1_000)).map((length) => 'x'.repeat(length)),
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.record({
    days: fc.constant(['mon']),
    start: fc.constantFrom('9:00', '09:00'),
    end: fc.constant('17:30'),
  }),
  fc.record({ dailyCaps: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }) }),
  fc.record({
    workflowId: fc.constantFrom('w', '', 'ü'.repeat(501)),
    signalName: fc.constant('s'),
  }),
  fc.jsonValue(),
);

describe.each(MESSAGES)('%s', (_, parse, body, least) => {
  const check = checkOf(body);
  it.each(Object.keys(body.properties))('takes the same %s by HTTP and by Update', (field) => {
    fc.assert(
      fc.property(values, (value) => {
        if (value === null && FROM_KEY_OR_PATH.includes(field)) return;
        const payload = { ...least, [field]: value };
        const byHttp = 'value' in check(payload);
        const byUpdate = parse(payload, 'strict', NOW).ok;
        if (byHttp === byUpdate) return;
        const listed = byHttp ? PARSER_CHECKS_MORE : HTTP_CHECKS_MORE;
        expect([field, value, byHttp ? 'HTTP alone' : 'Update alone']).toEqual([
          Object.keys(listed).find((name) => name === field) ?? 'a field that is listed here',
          value,
          byHttp ? 'HTTP alone' : 'Update alone',
        ]);
      }),
      { numRuns: 300 },
    );
  });
});
