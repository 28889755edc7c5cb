/** The adapter of Unipile against the simulated Unipile: proofs, failures, secrets. */
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLinkedIn, type Behaviour, type LinkedIn } from '../../../dev/linkedin.js';
import { startUnipile, type SimulatedUnipile } from '../../../dev/unipile.js';
import { SendFailure, type SendAnswer } from '../../../src/client/index.js';
import { createUnipile, DOCUMENTED_ERRORS, UNIPILE_ERRORS } from '../../../src/unipile/index.js';
import type { Unipile } from '../../../src/unipile/index.js';

const KEY = 'key-that-no-message-may-contain';
const TEXT = 'text-that-no-message-may-contain';
let linkedIn: LinkedIn;
let simulated: SimulatedUnipile;
let unipile: Unipile;
beforeAll(async () => {
  linkedIn = await startLinkedIn({ slowMs: 1, lateMs: 1 });
  simulated = await startUnipile({ linkedIn, apiKey: KEY });
  simulated.add({ id: 'uni-anna', linkedInAccountId: 'anna', userId: 'ACoAAanna' });
  unipile = createUnipile({ dsn: simulated.url, apiKey: KEY });
});
afterAll(async () => {
  await simulated.close();
  await linkedIn.close();
});

function addressOf(server: Server): string {
  const at = server.address();
  if (at === null || typeof at === 'string') throw new Error('the server does not listen');
  return `http://127.0.0.1:${at.port}`;
}

let letters = 0;
const letterTo = (recipientId: string) => ({
  unipileAccountId: 'uni-anna',
  recipientId,
  text: TEXT,
});
/** Long enough for a busy machine. */
const CALL_MS = 60_000;
async function sent(
  by: Unipile,
  recipientId: string,
  ms = CALL_MS,
): Promise<SendAnswer | SendFailure> {
  const signal = AbortSignal.timeout(ms);
  const call = { reservationId: `r-${(letters += 1)}`, signal };
  try {
    return await by.send(letterTo(recipientId))(call);
  } catch (error) {
    if (error instanceof SendFailure) return error;
    throw error;
  }
}
async function failureOf(by: Unipile, recipientId: string, ms = CALL_MS): Promise<SendFailure> {
  const result = await sent(by, recipientId, ms);
  if (result instanceof SendFailure) return result;
  throw new Error('it was sent');
}

describe('an InMail through Unipile', () => {
  it('an InMail through Unipile returns the ids of the chat and the message as proof', async () => {
    const proof = await sent(unipile, 'ACoAAgood');
    const [taken] = linkedIn.received('anna');
    expect(taken).toMatchObject({ recipientId: 'ACoAAgood' });
    expect(proof).toEqual({ chatId: taken?.chatId, messageId: taken?.messageId });
  });

  const BEHAVIOURS: readonly (readonly [Behaviour, string, string | undefined])[] = [
    ['throttled', 'throttled', 'errors/too_many_requests'],
    ['no_credits', 'no_credits', 'errors/insufficient_credits'],
    ['restricted', 'restricted', 'errors/account_restricted'],
    ['rejected', 'rejected', 'errors/invalid_recipient'],
    ['server_error', 'unknown', 'errors/provider_error'],
    ['error_after_accept', 'unknown', 'errors/provider_error'],
  ];
  it.each(BEHAVIOURS)('LinkedIn behaves as %s: the slot is %s', async (behaviour, kind, code) => {
    simulated.behave(`ACoAA${behaviour}`, behaviour);
    expect(await failureOf(unipile, `ACoAA${behaviour}`)).toMatchObject({ kind, code });
  });

  it('the pause that LinkedIn asks for comes with the failure', async () => {
    simulated.behave('ACoAAslowly', 'throttled');
    expect((await failureOf(unipile, 'ACoAAslowly')).retryAfterSeconds).toBe(5_400);
  });

  it('an answer without a chat is no proof', async () => {
    simulated.behave('ACoAAnochat', 'no_chat_id');
    expect(await sent(unipile, 'ACoAAnochat')).toEqual({ chatId: null });
  });

  it('an answer that never comes is unknown', async () => {
    simulated.behave('ACoAAsilent', 'no_answer');
    expect(await failureOf(unipile, 'ACoAAsilent', 300)).toMatchObject({ kind: 'unknown' });
  });

  it('each documented error has the kind of its row', async () => {
    for (const [status, types] of Object.entries(DOCUMENTED_ERRORS)) {
      for (const type of types) {
        simulated.failNext('uni-anna', { status: Number(status), type });
        const { kind, code } = await failureOf(unipile, 'ACoAAerrors');
        expect({ type: code, kind }).toEqual({ type, kind: UNIPILE_ERRORS[type] });
      }
    }
  });

  it('a refusal in the answer of a failed server is not believed', async () => {
    simulated.failNext('uni-anna', { status: 500, type: 'errors/invalid_recipient' });
    expect(await failureOf(unipile, 'ACoAA500')).toMatchObject({ kind: 'unknown' });
  });

  it('a code that no page documents is unknown, and shortened', async () => {
    simulated.failNext('uni-anna', { status: 422, type: `errors/${'x'.repeat(500)}` });
    const { kind, code } = await failureOf(unipile, 'ACoAAnew');
    expect({ kind, length: code?.length }).toEqual({ kind: 'unknown', length: 64 });
  });

  it('a wrong key and an unknown account release the slot', async () => {
    const other = createUnipile({ dsn: simulated.url, apiKey: 'another-key' });
    expect((await failureOf(other, 'ACoAAx')).kind).toBe('not_attempted');
    const call = { reservationId: 'r', signal: AbortSignal.timeout(CALL_MS) };
    const letter = { ...letterTo('ACoAAx'), unipileAccountId: 'uni-unknown' };
    await expect(unipile.send(letter)(call)).rejects.toMatchObject({ kind: 'rejected' });
  });
});

describe('what is between the adapter and Unipile', () => {
  let proxy: Server;
  let answer: readonly [status: number, type: string, body: string];
  let away: Unipile;
  beforeAll(async () => {
    proxy = createServer((request, response) => {
      request.resume();
      const [status, type, body] = answer;
      response.writeHead(status, { 'content-type': type, location: simulated.url }).end(body);
    });
    await new Promise<void>((resolve) => {
      proxy.listen(0, '127.0.0.1', resolve);
    });
    away = createUnipile({ dsn: addressOf(proxy), apiKey: KEY });
  });
  afterAll(() => void proxy.close());

  it.each([
    [502, 'text/html', '<h1>Bad Gateway</h1>', 'unknown'],
    [429, 'text/html', '<h1>Slow down</h1>', 'unknown'],
    [403, 'application/json', '"no"', 'unknown'],
    [307, 'text/plain', '', 'unknown'],
  ] as const)('an answer of a proxy (%i, %s) is %s', async (status, type, body, kind) => {
    answer = [status, type, body];
    const failure = await failureOf(away, 'ACoAAproxy');
    expect(failure).toMatchObject({ kind });
    expect(linkedIn.received('anna').some((one) => one.recipientId === 'ACoAAproxy')).toBe(false);
  });

  it('a success whose body is cut off is no proof', async () => {
    answer = [201, 'application/json', '{"object":"ChatStarted","chat_id":"abc'];
    expect(await sent(away, 'ACoAAcut')).toEqual({ chatId: null });
  });

  it('an address where no server listens releases the slot', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => {
      other.listen(0, '127.0.0.1', resolve);
    });
    const absent = createUnipile({ dsn: addressOf(other), apiKey: KEY });
    await new Promise((resolve) => {
      other.close(resolve);
    });
    expect(await failureOf(absent, 'ACoAAx')).toMatchObject({ kind: 'not_attempted' });
  });

  it('no failure contains the key or the text', async () => {
    answer = [
      422,
      'application/json',
      JSON.stringify({ detail: `${KEY} ${TEXT}`, type: 'errors/x' }),
    ];
    const failure = await failureOf(away, 'ACoAAleak');
    expect(`${failure.message} ${failure.stack} ${failure.code}`).not.toMatch(/no-message-may/);
  });
});

describe('the status of an account at Unipile', () => {
  it('the status is that of Unipile, and DELETED for an account that is not there', async () => {
    expect(await unipile.status('uni-anna')).toBe('OK');
    simulated.setStatus('uni-anna', 'CREDENTIALS');
    expect(await unipile.status('uni-anna')).toBe('CREDENTIALS');
    expect((await failureOf(unipile, 'ACoAAx')).code).toBe('errors/disconnected_account');
    simulated.setStatus('uni-anna', 'OK');
    expect(await unipile.status('uni-unknown')).toBe('DELETED');
  });

  it('the status is undefined if Unipile gives no clear answer', async () => {
    const other = createUnipile({ dsn: simulated.url, apiKey: 'another-key' });
    expect(await other.status('uni-anna')).toBeUndefined();
    const absent = createUnipile({ dsn: 'http://127.0.0.1:1', apiKey: KEY });
    expect(await absent.status('uni-anna')).toBeUndefined();
  });
});

describe('the credits of an account at Unipile', () => {
  it('the credits are those of each product, and undefined without a clear answer', async () => {
    const credits = { premium: null, recruiter: null, salesNavigator: 50 };
    expect(await unipile.balance('uni-anna')).toEqual(credits);
    expect(await unipile.balance('uni-unknown')).toBeUndefined();
  });
});

describe('the settings of the adapter', () => {
  it.each(['', 'ftp://a', 'http://api1.unipile.com', 'https://api1.unipile.com/api/v1', 'a b'])(
    'the address %j is refused, with an example',
    (dsn) => {
      expect(() => createUnipile({ dsn, apiKey: KEY })).toThrow(/https:\/\/api1\.unipile\.com/);
    },
  );

  it('the address may be as the dashboard of Unipile shows it', () => {
    expect(() => createUnipile({ dsn: 'api1.unipile.com:13111', apiKey: KEY })).not.toThrow();
  });

  it.each(['', ' ', 'a\nb'])('the key %j is refused', (apiKey) => {
    expect(() => createUnipile({ dsn: 'https://a.example', apiKey })).toThrow(RangeError);
  });
});
