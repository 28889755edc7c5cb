/** The message id distinguishes a second InMail in one chat from the first; examples show how. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { deliver } from '../../../../src/domain/commands/deliver.js';
import { reserve } from '../../../../src/domain/commands/reserve.js';
import { anAccount, c, m, r } from '../../../support/scenario.js';

const first = (messageId?: string) =>
  anAccount()
    .when(reserve, { reservationId: r('r1') })
    .when(reserve, { reservationId: r('r2') })
    .when(deliver, {
      reservationId: r('r1'),
      chatId: c('c'),
      messageId: messageId === undefined ? undefined : m(messageId),
    });

describe('a second InMail in one chat', () => {
  it.each([undefined, 'm1'])(
    'a second InMail in one chat is refused if both have the message %s, with the next step',
    (id) => {
      first(id)
        .when(deliver, {
          reservationId: r('r2'),
          chatId: c('c'),
          messageId: id === undefined ? undefined : m(id),
        })
        .answered({
          refused: 'ChatIdTaken',
          message: expect.stringMatching(/messageId.*nothing has to/),
        });
    },
  );
  it('a second InMail in one chat is delivered with the id of its own message', () => {
    first('m1')
      .when(deliver, { reservationId: r('r2'), chatId: c('c'), messageId: m('m2') })
      .answered({ settled: 'delivered' })
      .expect({ counter: 2, delivered: 2 });
  });
});

it('is what each example of a document could report', () => {
  const documents = ['README.md', ...readdirSync('docs').map((name) => `docs/${name}`)];
  const examples = documents
    .filter((file) => file.endsWith('.md'))
    .flatMap(
      (file) =>
        readFileSync(file, 'utf8').match(/\{"reservationId":[^{}]*"chatId":[^{}]*\}/g) ?? [],
    )
    .filter((body) => !body.includes('"outcome"'));
  expect(examples.length).toBeGreaterThanOrEqual(3);
  expect(examples.filter((body) => !body.includes('"messageId"'))).toEqual([]);
  for (const name of readdirSync('examples').filter((file) => file.endsWith('.ts'))) {
    const text = readFileSync(`examples/${name}`, 'utf8');
    // The adapter of a provider reads both ids from its answer, and has a test of its own.
    if (text.includes("from 'safeband/unipile'")) continue;
    expect([name, /chatId/.test(text), /messageId/.test(text)]).toEqual([name, true, true]);
  }
});
