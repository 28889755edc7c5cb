/** The simulated LinkedIn over HTTP: its answers, and the InMails that it accepted. */
import { afterEach, describe, expect, it } from 'vitest';
import { BEHAVIOURS, startLinkedIn } from '../../../dev/linkedin.js';
import type { Behaviour, LinkedIn, LinkedInOptions, Sent } from '../../../dev/linkedin.js';
import { DAY_MS } from '../../../src/domain/primitives/time.js';
import { at, rows } from '../../support/scenario.js';

const running: LinkedIn[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((linkedIn) => linkedIn.close()));
});
async function start(options: LinkedInOptions = {}): Promise<LinkedIn> {
  const linkedIn = await startLinkedIn({ slowMs: 1, lateMs: 1, ...options });
  running.push(linkedIn);
  return linkedIn;
}

type Answer = {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: unknown;
};
async function call(
  linkedIn: LinkedIn,
  method: string,
  route: string,
  body?: unknown,
  signal: AbortSignal | null = null,
): Promise<Answer> {
  const answer = await fetch(`${linkedIn.url}${route}`, {
    method,
    signal,
    ...(body === undefined
      ? {}
      : {
          headers: { 'content-type': 'application/json' },
          body: typeof body === 'string' ? body : JSON.stringify(body),
        }),
  });
  const text = await answer.text();
  const parsed: unknown = text === '' ? null : JSON.parse(text);
  return { status: answer.status, retryAfter: answer.headers.get('retry-after'), body: parsed };
}

const send = (
  linkedIn: LinkedIn,
  reservationId: string,
  behaviour: Behaviour = 'normal',
  signal: AbortSignal | null = null,
): Promise<Answer> => {
  const body = { accountId: 'acme', reservationId, recipientId: `to-${reservationId}`, behaviour };
  return call(linkedIn, 'POST', '/inmails', body, signal);
};

/** The answer to a caller, the number of InMails in LinkedIn, and the number with a proof. */
const ANSWERED = `
  behaviour           status  retryAfter  received  withProof
  normal              200     -           1         1
  slow                200     -           1         1
  throttled           429     5400        0         0
  server_error        500     -           0         0
  error_after_accept  502     -           1         0
  no_chat_id          200     -           1         0
  same_chat_twice     200     -           1         1
  rejected            422     -           0         0
  no_credits          402     -           0         0
  restricted          403     -           0         0
`;
const NEVER_ANSWERED = ['no_answer', 'hang', 'hang_then_accept'] as const;

describe('LinkedIn', () => {
  it.each(rows(ANSWERED))(
    'LinkedIn with the behaviour $behaviour answers $status, and has $received',
    async (row) => {
      const linkedIn = await start();
      const behaviour = BEHAVIOURS.find((one) => one === row['behaviour']);
      const { status, retryAfter } = await send(linkedIn, 'r1', behaviour);
      expect([status, retryAfter ?? '-']).toEqual([Number(row['status']), row['retryAfter']]);
      const received = linkedIn.received('acme');
      expect(received).toHaveLength(Number(row['received']));
      expect(received.filter(({ hasProof }) => hasProof)).toHaveLength(Number(row['withProof']));
    },
  );

  it('each behaviour of the LinkedIn simulator has a test', () => {
    const tried = [...rows(ANSWERED).map((row) => row['behaviour']), ...NEVER_ANSWERED];
    expect(new Set(tried)).toEqual(new Set(BEHAVIOURS));
  });

  it('LinkedIn remembers the recipient, reservation, time and proof of each InMail', async () => {
    const linkedIn = await start({ now: () => at('09:00') });
    const { body } = await call(linkedIn, 'POST', '/inmails', {
      accountId: 'acme',
      reservationId: 'r1',
      recipientId: 'member-7',
      campaignId: 'q4',
      text: 'hello',
    });
    const [only] = linkedIn.received('acme');
    expect(only).toEqual({
      accountId: 'acme',
      reservationId: 'r1',
      recipientId: 'member-7',
      campaignId: 'q4',
      chatId: expect.stringMatching(/^chat-/),
      messageId: expect.stringMatching(/^msg-/),
      receivedAt: '2026-11-24T09:00:00.000Z',
      sentAt: '2026-11-24T09:00:00.000Z',
      hasProof: true,
    });
    expect(body).toEqual({ chatId: only?.chatId, messageId: only?.messageId });
    expect((await call(linkedIn, 'GET', '/accounts/acme/inmails')).body).toEqual([only]);
    expect((await call(linkedIn, 'GET', '/accounts/other/inmails')).body).toEqual([]);
  });

  it('LinkedIn answers without a chat although it took the InMail', async () => {
    const linkedIn = await start();
    expect((await send(linkedIn, 'r1', 'no_chat_id')).body).toEqual({ chatId: '' });
    expect(linkedIn.received('acme')).toMatchObject([{ reservationId: 'r1', hasProof: false }]);
  });

  it("LinkedIn answers with an earlier InMail's chat and message, and has two", async () => {
    const linkedIn = await start();
    const first = await send(linkedIn, 'r1');
    const second = await send(linkedIn, 'r2', 'same_chat_twice');
    expect(second.body).toEqual(first.body);
    expect(linkedIn.received('acme')).toMatchObject([
      { reservationId: 'r1', hasProof: true },
      { reservationId: 'r2', hasProof: false },
    ]);
  });
});

describe('a call that hangs', () => {
  it.each(['no_answer', 'hang'] as const)(
    'a call that hangs on %s was accepted, and is not answered',
    async (how) => {
      const linkedIn = await start();
      const caller = new AbortController();
      const cut = send(linkedIn, 'r1', how, caller.signal).catch(nameOf);
      await expect.poll(() => linkedIn.received('acme')).toMatchObject([{ hasProof: false }]);
      caller.abort();
      expect(await cut).toBe('AbortError');
      expect(linkedIn.received('acme')).toHaveLength(1);
    },
  );

  it('a call that hangs reports that it hangs, so that its caller can be killed then', async () => {
    const linkedIn = await start();
    const cut = send(linkedIn, 'r1', 'hang').catch(nameOf);
    await linkedIn.hanging;
    expect(linkedIn.received('acme')).toHaveLength(1);
    await linkedIn.close();
    expect(await cut).toBe('TypeError');
  });

  it('a call that hangs is accepted only after its caller died, if the day asks for that', async () => {
    const linkedIn = await start();
    const caller = new AbortController();
    const cut = send(linkedIn, 'r1', 'hang_then_accept', caller.signal).catch(nameOf);
    await expect.poll(() => linkedIn.hungCount()).toBe(1);
    await send(linkedIn, 'r2');
    expect(linkedIn.received('acme')).toMatchObject([{ reservationId: 'r2' }]);
    caller.abort();
    expect(await cut).toBe('AbortError');
    await expect
      .poll(() => linkedIn.received('acme'))
      .toMatchObject([{ reservationId: 'r2' }, { reservationId: 'r1', hasProof: false }]);
  });

  it('a call that hangs gives no proof to a caller that went away while it was slow', async () => {
    const linkedIn = await start({ slowMs: 500 });
    const caller = new AbortController();
    const cut = send(linkedIn, 'r1', 'slow', caller.signal).catch(nameOf);
    await expect.poll(() => linkedIn.received('acme')).toHaveLength(1);
    caller.abort();
    await cut;
    // As slow as the first call, and later: when it is answered, the first has ended.
    await send(linkedIn, 'r2', 'slow');
    expect(linkedIn.received('acme')).toMatchObject([{ hasProof: false }, { hasProof: true }]);
  });

  it.each(NEVER_ANSWERED)(
    'a call that hangs on %s is cut off when LinkedIn ends, and delays nothing',
    async (how) => {
      const linkedIn = await start();
      const cut = send(linkedIn, 'r1', how).catch(nameOf);
      await expect.poll(() => linkedIn.hungCount()).toBe(1);
      await linkedIn.close();
      expect(await cut).toBe('TypeError');
      await expect.poll(() => linkedIn.hungCount()).toBe(0);
      const isTaken = how !== 'hang_then_accept';
      expect(linkedIn.received('acme')).toHaveLength(isTaken ? 1 : 0);
    },
  );
});

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : String(error));

describe('the outbox', () => {
  it('the outbox reports each InMail to the webhook, also manual ones, without its answer', async () => {
    const linkedIn = await start();
    const webhooks: Sent[] = [];
    const end = linkedIn.onSent((sent) => webhooks.push(sent));
    await send(linkedIn, 'r1', 'error_after_accept');
    await send(linkedIn, 'r2', 'rejected');
    const typed = await call(linkedIn, 'POST', '/accounts/acme/by-hand', { recipientId: 'mum' });
    expect(typed).toMatchObject({ status: 201, body: { recipientId: 'mum', reservationId: null } });
    linkedIn.byHand('acme', 'dad');
    await expect.poll(() => webhooks).toHaveLength(3);
    expect(webhooks.map(({ recipientId }) => recipientId)).toEqual(['to-r1', 'mum', 'dad']);
    expect((await call(linkedIn, 'GET', '/accounts/acme/outbox')).body).toEqual(webhooks);
    const fields = ['accountId', 'chatId', 'messageId', 'recipientId', 'sentAt'];
    expect(Object.keys(webhooks[0] ?? {}).toSorted()).toEqual(fields);
    end();
    await send(linkedIn, 'r3');
    expect(webhooks).toHaveLength(3);
  });

  it('the outbox has a limit: a full outbox refuses more with an error', async () => {
    const linkedIn = await start({ room: 2 });
    await send(linkedIn, 'r1');
    await send(linkedIn, 'r2', 'no_chat_id');
    expect(await send(linkedIn, 'r3')).toMatchObject({
      status: 503,
      body: { error: expect.stringContaining('keeps 2 InMails') },
    });
    expect(() => linkedIn.byHand('acme', 'mum')).toThrow('start a new one');
    expect(linkedIn.received('acme')).toHaveLength(2);
  });
});

describe('the verdict', () => {
  const sendMany = async (linkedIn: LinkedIn, count: number): Promise<void> => {
    for (let i = 0; i < count; i += 1) await send(linkedIn, `r${i}`);
  };
  const VERDICTS = `
    tier             sends  byHand  standing  bannedBy
    free             0      0       good      -
    free             1      0       BANNED    pipeline
    premium          25     0       good      -
    premium          26     0       BANNED    pipeline
    premium          25     1       BANNED    by_hand
    premium          24     1       good      -
    sales_navigator  50     0       good      -
    recruiter        51     0       BANNED    pipeline
    -                50     0       good      -
    -                51     0       BANNED    pipeline
  `;
  it.each(rows(VERDICTS))(
    'the verdict on $tier with $sends sends and $byHand manual sends is $standing $bannedBy',
    async (row) => {
      const linkedIn = await start();
      const isEnrolled = row['tier'] !== '-';
      if (isEnrolled) await call(linkedIn, 'PUT', '/accounts/acme', { tier: row['tier'] });
      await sendMany(linkedIn, Number(row['sends']));
      for (let i = 0; i < Number(row['byHand']); i += 1) linkedIn.byHand('acme', `hand-${i}`);
      const [summary] = linkedIn.summary();
      const verdict = [summary?.standing, summary?.bannedBy ?? '-'];
      expect(verdict).toEqual([row['standing'], row['bannedBy']]);
    },
  );

  it('LinkedIn decides for each UTC day, and a ban is permanent', async () => {
    let now = at('2026-11-24T23:59:59.999Z');
    const linkedIn = await start({ now: () => now });
    linkedIn.enrol('acme', 'premium');
    await sendMany(linkedIn, 25);
    now += 1;
    await sendMany(linkedIn, 25);
    expect(linkedIn.summary()).toMatchObject([{ standing: 'good' }]);
    linkedIn.byHand('acme', 'mum');
    now += DAY_MS;
    linkedIn.enrol('acme', 'recruiter');
    await send(linkedIn, 'later');
    expect((await call(linkedIn, 'GET', '/summary')).body).toEqual({
      accounts: [
        {
          accountId: 'acme',
          tier: 'recruiter',
          band: 50,
          days: [
            { day: '2026-11-24', pipeline: 25, byHand: 0 },
            { day: '2026-11-25', pipeline: 25, byHand: 1 },
            { day: '2026-11-26', pipeline: 1, byHand: 0 },
          ],
          withProof: 51,
          standing: 'BANNED',
          bannedOn: '2026-11-25',
          bannedBy: 'by_hand',
        },
      ],
      hungCount: 0,
    });
  });
});

describe('a bad call', () => {
  const ask = { accountId: 'acme', reservationId: 'r1', recipientId: 'm1' };
  const CASES: readonly (readonly [string, string, string, unknown, number, string])[] = [
    [
      'without a recipient',
      'POST',
      '/inmails',
      { ...ask, recipientId: undefined },
      400,
      'recipientId',
    ],
    ['with a number for an id', 'POST', '/inmails', { ...ask, accountId: 7 }, 400, 'accountId'],
    [
      'of an unknown behaviour',
      'POST',
      '/inmails',
      { ...ask, behaviour: 'polite' },
      400,
      'throttled',
    ],
    ['that is no JSON', 'POST', '/inmails', '{"accountId":', 400, 'JSON'],
    [
      'that is too long',
      'POST',
      '/inmails',
      { ...ask, text: 'x'.repeat(17_000) },
      413,
      'too large',
    ],
    ['a manual send without recipient', 'POST', '/accounts/acme/by-hand', {}, 400, 'recipientId'],
    ['of an unknown tier', 'PUT', '/accounts/acme', { tier: 'gold' }, 400, 'premium'],
    ['to nowhere', 'GET', '/nowhere', undefined, 404, 'GET /nowhere'],
  ];
  it.each(CASES)(
    '%s is refused by name, and nothing is taken',
    async (_, method, route, body, ...is) => {
      const linkedIn = await start();
      const [status, error] = is;
      expect(await call(linkedIn, method, route, body)).toMatchObject({
        status,
        body: { error: expect.stringContaining(error) },
      });
      expect(linkedIn.received('acme')).toEqual([]);
    },
  );
});
