/** The log has the kind of an error, and no data. */
import { expect, it } from 'vitest';
import { createLogger, forward } from '../../../src/platform/logger.js';

const PRIVATE = 'Canary-77';
let written = '';
const logger = createLogger({ logLevel: 'trace' }, { write: (text) => (written += text) });
const errorOf = (message: string, more: object = {}): Error =>
  Object.assign(new Error(message), more);

it.each([
  ['a value that Postgres refuses', `invalid input syntax: "${PRIVATE}"`, '22P02', undefined],
  ['a row that is there', 'duplicate key value violates constraint', '23505', undefined],
  ['a missing table', 'relation "x" does not exist', '42P01', 'relation "x" does not exist'],
  [
    'a value that is no JSON',
    `Unexpected token C in '${PRIVATE}'`,
    undefined,
    'Unexpected token C in "…"',
  ],
])('the log of %s has only text that quotes no data', (_, message, code, logged) => {
  written = '';
  const detail = `Key (chat_id)=(${PRIVATE}) already exists.`;
  logger.error({ err: errorOf(message, { detail, where: PRIVATE, ...(code && { code }) }) }, 'a.b');
  const { err }: { err: { code?: string; message?: string; at: string } } = JSON.parse(written);
  expect([err.code, err.message]).toEqual([code, logged]);
  expect(err.at).toMatch(/^at .*logger\.test\.ts/);
  expect(written).not.toContain(PRIVATE);
});

it('the log has only the type of a refusal, because its text names the refused value', () => {
  written = '';
  const error = errorOf(`chatId ${PRIVATE} is taken`, { type: 'ChatIdTaken' });
  const meta = { error, workflowId: 'inmail-account/a', args: [PRIVATE], failure: PRIVATE };
  forward(logger, { isError: false, message: `Update failed: "${PRIVATE}"`, meta });
  expect(JSON.parse(written)).toMatchObject({
    level: 'warn',
    event: 'temporal.said',
    text: 'Update failed: "…"',
    workflowId: 'inmail-account/a',
    error: { name: 'Error', code: 'ChatIdTaken' },
  });
  expect(written).not.toContain(PRIVATE);
});

it('the log has no character that controls a terminal', () => {
  written = '';
  const name = 'a\u001b[2J\u009b2J\u2028\u202e\u200b\n';
  logger.info({ name }, 'a.b');
  // oxlint-disable-next-line no-control-regex -- characters that control a terminal
  expect(written).toMatch(/^[\u0020-\u007e]+\n$/);
  expect(JSON.parse(written)).toMatchObject({ name });
});
