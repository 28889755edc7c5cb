/** Values as other systems write them, alike in a Signal, an Update and HTTP. */
import { describe, expect, it } from 'vitest';
import type { TObject } from 'typebox';
import { fail } from '../../../../src/domain/commands/fail.js';
import { isWellFormed } from '../../../../src/domain/primitives/ids.js';
import type { Parser } from '../../../../src/domain/wire/message.js';
import { parseFail, parseObserve } from '../../../../src/domain/wire/requests.js';
import { closest } from '../../../../src/domain/primitives/spelling.js';
import { parseInstant, SECOND_MS } from '../../../../src/domain/primitives/time.js';
import * as bodies from '../../../../src/http/schemas/messages.js';
import { checkOf } from '../../../../src/http/plumbing/validation.js';
import { messages } from '../../../../src/temporal/protocol.js';
import {
  NO_INSTANTS,
  PAUSES,
  WRONG_TYPES,
  withoutSeconds,
  writtenAt,
} from '../../../support/values.js';
import { anAccount } from '../../../support/scenario.js';
import { isRefusal } from '../../../../src/domain/account/refusals.js';

const NOW = Date.UTC(2026, 10, 24, 9, 30, 7);
const PERSON = { reason: 'checked', actor: 'ada' };
const START = { accountId: 'a', tier: 'premium' };

/** Every message, its schema over HTTP, and a payload of it with nothing optional. */
const MESSAGES: readonly {
  readonly name: string;
  readonly parse: Parser<unknown>;
  readonly body: TObject;
  readonly least: object;
}[] = [
  { ...messages.connect, body: bodies.connect, least: START },
  { ...messages.sendReserve, body: bodies.sendReserve, least: { reservationId: 'r' } },
  {
    ...messages.sendDelivered,
    body: bodies.sendDelivered,
    least: { reservationId: 'r', chatId: 'c' },
  },
  {
    ...messages.sendFailed,
    body: bodies.sendFailed,
    least: { reservationId: 'r', kind: 'unknown' },
  },
  {
    ...messages.sendObserved,
    body: bodies.sendObserved,
    least: { chatId: 'c', messageId: 'm', sentAt: '2026-11-24T09:00:00.000Z' },
  },
  { ...messages.configure, body: bodies.configure, least: {} },
  { ...messages.hold, body: bodies.order, least: PERSON },
  { ...messages.resume, body: bodies.resume, least: PERSON },
  {
    ...messages.settleByOperator,
    body: bodies.settleByOperator,
    least: { reservationId: 'r', outcome: 'released', ...PERSON },
  },
  { ...messages.disconnect, body: bodies.order, least: PERSON },
  { ...messages.reconcileNow, body: bodies.nothing, least: {} },
];
/** Fields that are required of a Signal and an Update, and that HTTP knows by itself. */
const FROM_KEY_OR_PATH = ['actor', 'accountId'];

const fieldsOf = (body: TObject): readonly string[] => Object.keys(body.properties);
const optionalOf = ({ body, least }: (typeof MESSAGES)[number]): readonly string[] =>
  fieldsOf(body).filter((name) => !Object.hasOwn(least, name));

/** The fields that a parser asks for, found by letting it read. */
function readBy(parse: Parser<unknown>, least: object): readonly string[] {
  const read = new Set<string>();
  const payload = new Proxy(least, {
    getOwnPropertyDescriptor: (target, name) => {
      if (typeof name === 'string') read.add(name);
      return Reflect.getOwnPropertyDescriptor(target, name);
    },
  });
  expect(parse(payload, 'strict', NOW)).toMatchObject({ ok: true });
  read.delete('undecodable');
  return [...read];
}

describe.each(MESSAGES)('$name', (message) => {
  const { parse, body, least } = message;
  const check = checkOf(body);

  it('has over HTTP the fields that Signal and Update have', () => {
    expect(fieldsOf(body).toSorted()).toEqual(readBy(parse, least).toSorted());
  });

  it('takes null for each field that may be absent, and for all of them', () => {
    const optional = optionalOf(message);
    const nulls = [...optional.map((name) => [name]), optional];
    for (const names of nulls) {
      const payload = { ...least, ...Object.fromEntries(names.map((name) => [name, null])) };
      for (const mode of ['strict', 'lenient', 'accepted'] as const) {
        const read = parse(payload, mode, NOW);
        expect([names, mode, read]).toMatchObject([names, mode, { ok: true, dropped: [] }]);
      }
      expect([names, check(payload)]).toMatchObject([names, { value: payload }]);
    }
    for (const name of FROM_KEY_OR_PATH.filter((one) => fieldsOf(body).includes(one))) {
      expect(check({ ...least, [name]: null })).toMatchObject({ value: {} });
    }
  });

  it('refuses over HTTP nothing that an Update takes', () => {
    const values = [...NO_INSTANTS, ...PAUSES.map(([raw]) => raw), ...writtenAt(NOW).map(String)];
    const more = ['true', 1, '20', 20.5, 'Premium', 'x'.repeat(600), { dailyCaps: [1] }, ['mon']];
    for (const name of fieldsOf(body)) {
      for (const value of [...values, ...more]) {
        const payload = { ...least, [name]: value };
        if ('value' in check(payload)) continue;
        const read = parse(payload, 'strict', NOW);
        // A chat that is not named is refused as what it is: a delivery without its proof.
        expect([name, value, read.ok]).toEqual([
          name,
          value,
          name === 'connect' && value === false,
        ]);
      }
    }
  });

  it('names over HTTP the unknown field, and the known ones', () => {
    const found = check({ ...least, mood: 'good' });
    const known = fieldsOf(body);
    const fields = known.length === 0 ? 'it takes no fields' : `its fields are ${known.join(', ')}`;
    expect('problem' in found && found.problem.fields).toMatchObject({
      field: 'mood',
      detail: `mood is not a field of this request; ${fields}`,
    });
  });
});

const detailOf = (body: TObject, payload: object): string => {
  const found = checkOf(body)(payload);
  return 'problem' in found ? found.problem.message : 'nothing is wrong';
};

describe('a misspelt or wrong field over HTTP', () => {
  const window = { days: ['mon'], start: '09:00', end: '17:30' };
  const asked = { reservationId: 'r' };
  it.each([
    [
      bodies.sendDelivered,
      { reservationId: 'r', chatID: 'c' },
      'chatID is not a field of this request; its fields are reservationId, chatId, messageId, deliveredAt; did you mean chatId?',
    ],
    [
      bodies.sendFailed,
      { reservation_id: 'r', kind: 'rejected' },
      'reservationId is missing; did you mean reservationId by reservation_id?',
    ],
    [
      bodies.configure,
      { sendingWindow: { ...window, from: '09:00' } },
      'sendingWindow.from is not a field of sendingWindow; its fields are days, start, end',
    ],
    [
      bodies.configure,
      { ramp: { dailycaps: [5] } },
      'ramp.dailycaps is not a field of ramp; its fields are dailyCaps, name; did you mean dailyCaps?',
    ],
    [
      bodies.configure,
      { ramp: { name: 'gentel' } },
      'ramp.name should be one of gentle, standard; did you mean gentle?',
    ],
    [
      bodies.sendReserve,
      { ...asked, replyTo: { workflowId: 'w', signalName: 's', signal: 's' } },
      'replyTo.signal is not a field of replyTo; its fields are workflowId, signalName',
    ],
    [
      bodies.configure,
      { tier: 'Sales Navigator' },
      'tier should be one of free, premium, sales_navigator, recruiter; did you mean sales_navigator?',
    ],
    [
      bodies.configure,
      { sendingWindow: { ...window, days: ['mon', 'Tuesday'] } },
      'sendingWindow.days[1] should be one of mon, tue, wed, thu, fri, sat, sun',
    ],
    [
      bodies.configure,
      { sendingWindow: { ...window, start: '9:00' } },
      'sendingWindow.start should be a local time such as 09:00',
    ],
    [
      bodies.configure,
      { sendingWindow: 'always' },
      'sendingWindow should be an object of days, start, end',
    ],
    [bodies.configure, { dailyCap: '20' }, 'dailyCap should be a whole number from 0 to 100000'],
    [bodies.sendReserve, { ...asked, journaled: 'true' }, 'journaled should be true or false'],
    [
      bodies.sendReserve,
      { ...asked, validUntil: '2026-11-24T09:00:00' },
      'validUntil should be an instant such as 2026-11-23T18:20:36.000Z',
    ],
    [
      bodies.settleByOperator,
      { ...asked, outcome: 'deliverd', reason: 'x' },
      'outcome should be one of delivered, released; did you mean delivered?',
    ],
  ])('%#: is answered with what it should be', (body, payload, detail) => {
    expect(detailOf(body, payload)).toBe(detail);
  });

  it('a misspelt or wrong field over HTTP is named by an Update, too', () => {
    const delivered = { reservationId: 'r', chatID: 'c' };
    expect(messages.sendDelivered.parse(delivered, 'strict', NOW)).toMatchObject({
      refused: 'ChatIdMissing',
      message: expect.stringContaining('did you mean chatId by chatID?'),
    });
    const reserve = { reservation_id: 'r' };
    expect(messages.sendReserve.parse(reserve, 'strict', NOW)).toMatchObject({
      message: expect.stringContaining('did you mean reservationId by reservation_id?'),
    });
    const failed = { reservationId: 'r', kind: 'Throttled' };
    expect(messages.sendFailed.parse(failed, 'strict', NOW)).toMatchObject({
      message: expect.stringMatching(/^kind should be one of .*; did you mean throttled\?$/),
    });
  });

  it('a misspelt or wrong field over HTTP is close to a word only where few letters differ', () => {
    const known = ['chatId', 'messageId', 'recipientId'];
    expect(
      ['chatID', 'chat_id', 'mesageId', 'recipient-id'].map((one) => closest(one, known)),
    ).toEqual(['chatId', 'chatId', 'messageId', 'recipientId']);
    expect(
      ['mood', 'id', '', 'constructor', 'x'.repeat(100_000)].map((one) => closest(one, known)),
    ).toEqual([undefined, undefined, undefined, undefined, undefined]);
  });
});

describe('an instant', () => {
  it.each(writtenAt(NOW))('an instant is read from %s', (text, ms) => {
    expect(parseInstant(text)).toBe(NOW + ms);
  });
  it('an instant is read without its seconds', () => {
    for (const text of withoutSeconds(NOW - 7_000)) expect(parseInstant(text)).toBe(NOW - 7_000);
  });
  it.each(NO_INSTANTS)(
    'an instant is not read from %j: an observed send by Signal counts, now',
    (raw) => {
      const observed = { chatId: 'c', messageId: 'm', sentAt: raw };
      const dropped = [expect.stringContaining('sentAt should be an instant')];
      expect(parseObserve(observed, 'lenient', NOW)).toMatchObject({
        value: { sentAt: NOW },
        dropped,
      });
      expect(parseObserve(observed, 'strict', NOW)).toMatchObject({
        ok: false,
        refused: 'InvalidInput',
      });
    },
  );
  it.each([null, undefined])(
    'an instant that is %s does not hide an observed send by Signal',
    (raw) => {
      const observed = { chatId: 'c', messageId: 'm', sentAt: raw };
      const read = parseObserve(observed, 'lenient', NOW);
      expect(read).toMatchObject({
        value: { sentAt: NOW },
        dropped: [expect.stringContaining('sentAt')],
      });
      expect(parseObserve(observed, 'strict', NOW)).toMatchObject({
        ok: false,
        refused: 'InvalidInput',
      });
    },
  );
});

describe('a throttled', () => {
  it.each(PAUSES)(
    'a report `throttled` with retryAfterSeconds %j starts a cooldown of %i s, however strictly it is read',
    (raw, seconds) => {
      const report = { reservationId: 'r', kind: 'throttled', retryAfterSeconds: raw };
      expect(checkOf(bodies.sendFailed)(report)).toMatchObject({ value: { kind: 'throttled' } });
      for (const mode of ['strict', 'lenient', 'accepted'] as const) {
        const read = parseFail(report, mode, NOW);
        if (!read.ok) throw new Error(read.message);
        const { events, answer } = fail(anAccount().entity.account, read.value, NOW);
        expect(isRefusal(answer)).toBe(true); // the reservation is not known, and the effect is there
        const until = NOW + seconds * SECOND_MS;
        expect(events).toContainEqual(
          expect.objectContaining({
            type: 'CooldownStarted',
            cooldown: expect.objectContaining({ until }),
          }),
        );
      }
    },
  );
  it.each([429, true, {}, [], '', 'x'.repeat(10_000), '\ud800', '\u001b[2J', '😀'.repeat(300)])(
    'a report `throttled` starts a cooldown whatever its code is: %j',
    (code) => {
      const report = { reservationId: 'r', kind: 'throttled', code };
      expect(checkOf(bodies.sendFailed)(report)).toMatchObject({ value: { kind: 'throttled' } });
      for (const mode of ['strict', 'lenient'] as const) {
        const read = parseFail(report, mode, NOW);
        expect(read).toMatchObject({ ok: true, value: { kind: 'throttled' } });
        const readCode = (read.ok && read.value.code) || '';
        expect([readCode.length <= 512, isWellFormed(readCode)]).toEqual([true, true]);
      }
    },
  );
});

describe('a value of another type', () => {
  it.each(WRONG_TYPES)(
    '%s with %s %j is refused alike, by the name of the field',
    (name, field, raw) => {
      const message = MESSAGES.find((one) => one.name === name);
      if (!message) throw new Error(`${name} is no message`);
      const payload = { ...message.least, [field]: raw };
      expect(message.parse(payload, 'strict', NOW)).toMatchObject({
        refused: 'InvalidInput',
        message: expect.stringMatching(new RegExp(`^${field} should be`)),
      });
      expect(detailOf(message.body, payload)).toMatch(new RegExp(`^${field} should be`));
      expect(message.parse(payload, 'lenient', NOW)).toMatchObject({
        ok: true,
        dropped: [expect.stringMatching(new RegExp(`^${field} should be`))],
      });
    },
  );
});
