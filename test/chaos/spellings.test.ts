/**
 * One LinkedIn member has one cap and one InMail counts once, however a tool spells the member, on
 * the real servers (R3, R13, R15; docs/linkedin-ids.md).
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActivities } from '../../src/activities/index.js';
import type { Entity } from '../../src/domain/entity/entity.js';
import { accountRow } from '../../src/domain/records/toRecords.js';
import { isAccountId, isIdentity } from '../../src/domain/primitives/ids.js';
import { workflowIdOf } from '../../src/temporal/protocol.js';
import { all, ask, run, statusOf, update } from '../support/account.js';
import { writeBundle } from '../support/bundle.js';
import { createHttpStand, type HttpStand } from '../support/http.js';
import { anAccount, must } from '../support/scenario.js';
import { spellingsOf } from '../support/spellings.js';

let stand: HttpStand;
let key = '';
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'spellings-'));
  const workflowBundlePath = path.join(folder, 'bundle.js');
  const source = fileURLToPath(new URL('../support/olderRun.ts', import.meta.url));
  await writeBundle(workflowBundlePath, source);
  stand = await createHttpStand({}, { workflowBundlePath });
  key = await stand.key('operator');
});
afterAll(async () => {
  await stand.close();
  await rm(folder, { recursive: true, force: true });
});

/** Returns a whole id with another member's number in its bytes. */
const memberId = (number: number, product = 0x2a): string => {
  const bytes = Buffer.alloc(29, 7);
  bytes.writeUInt16BE(product, 0);
  bytes.writeUIntBE(number, 2, 6);
  bytes.writeUInt8(1, 8);
  bytes.writeUInt8(product, 9);
  return bytes.toString('base64url');
};
let members = 79_382_324;
const newMember = (): string => memberId((members += 1));
const HELD = { state: 'held', hold: { actor: 'safeband' }, cooldown: { cause: 'identity_in_use' } };

/** The ways in which an account gets its identity. */
const ways = {
  start: async (id: string, identity: string) => {
    await stand.connect(id, { identity });
  },
  Update: async (id: string, identity: string) => {
    const account = await stand.connect(id);
    const start = { accountId: id, tier: 'sales_navigator', identity };
    await update(account, 'connect', start);
  },
  Signal: async (id: string, identity: string) => {
    const account = await stand.connect(id);
    await account.signal('connect', { accountId: id, tier: 'sales_navigator', identity });
  },
  HTTP: async (id: string, identity: string) => {
    const body = { tier: 'sales_navigator', identity };
    const { statusCode } = await stand.ask(key, `/v1/accounts/${id}/connect`, body);
    expect(statusCode).toBe(200);
  },
};

describe('a second account of one member is held, by whatever spelling', () => {
  const names = ['start', 'Update', 'Signal', 'HTTP'] as const;
  it.each(spellingsOf('ID').map((spelling, i) => [spelling, names[i % 4] ?? 'start'] as const))(
    'a second account of one member is held: %s, by %s',
    async (pattern, name) => {
      const [one, two] = [stand.newAccount(), stand.newAccount()];
      const id = newMember();
      await ways.start(one, id);
      await ways[name](two, spellingsOf(id)[spellingsOf('ID').indexOf(pattern)] ?? '');
      await expect.poll(() => statusOf(stand.handle(two))).toMatchObject(HELD);
      expect(await statusOf(stand.handle(one))).toMatchObject({ state: 'active', hold: null });
    },
  );

  it.each([
    ['Sales Navigator', 0x2c],
    ['Recruiter', 0x43],
  ] as const)(
    'a second account of one member is held, also with the id of %s',
    async (_, product) => {
      const [one, two, three] = [stand.newAccount(), stand.newAccount(), stand.newAccount()];
      await ways.start(one, newMember());
      await ways.start(two, `urn:li:fs_salesProfile:(${memberId(members, product)},NAME_SEARCH,x)`);
      await ways.start(three, `urn:li:member:${members}`);
      expect(await statusOf(stand.handle(two))).toMatchObject(HELD);
      expect(await statusOf(stand.handle(three))).toMatchObject(HELD);
    },
  );

  it('a second account of one member is held, also if two are connected at once', async () => {
    const [one, two] = [stand.newAccount(), stand.newAccount()];
    const id = newMember();
    const sales = memberId(members, 0x2c);
    await Promise.all([ways.start(one, id), ways.start(two, `(profileId:${sales},authType:x)`)]);
    const states = await Promise.all([one, two].map((name) => statusOf(stand.handle(name))));
    expect(states.map(({ state }) => state).toSorted()).toEqual(['active', 'held']);
  });

  it('accounts of two members are not held', async () => {
    const [one, two] = [stand.newAccount(), stand.newAccount()];
    await ways.start(one, newMember());
    await ways.start(two, `https://www.linkedin.com/in/${newMember()}/`);
    expect(await statusOf(stand.handle(two))).toMatchObject({ state: 'active', hold: null });
  });

  it('an account may be connected again with another spelling of its member id', async () => {
    const id = newMember();
    const account = stand.newAccount();
    await ways.start(account, id);
    await ways.start(account, `urn:li:fsd_profile:${id}`);
    await ways.HTTP(account, `https://www.linkedin.com/in/${id}`);
    expect(await statusOf(stand.handle(account))).toMatchObject({ state: 'active' });
    const row = 'select identity as shown from safeband.accounts where account_id = $1';
    expect(await all(stand, row, account)).toEqual([{ shown: id }]);
  });
});

/** The ways in which a send is reported. */
const SEND_BY = {
  Update: (id: string, name: string, payload: object) => update(stand.handle(id), name, payload),
  Signal: (id: string, name: string, payload: object) => stand.handle(id).signal(name, payload),
  HTTP: async (id: string, name: string, payload: object) => {
    const { statusCode } = await stand.ask(key, `/v1/accounts/${id}/${name}`, payload);
    expect(statusCode).toBe(200);
  },
};

describe.each(['Update', 'Signal', 'HTTP'] as const)('an observed InMail, by %s,', (way) => {
  const send = SEND_BY[way];
  const patterns = spellingsOf('ID');

  it('is the slot of its recipient in each spelling', async () => {
    const id = stand.newAccount();
    const account = await stand.connect(id);
    const asked = patterns.slice(0, 20).map((_, i) => ({
      reservationId: `r${i}`,
      recipientId: newMember(),
    }));
    await update(account, 'sendReserveBatch', { requests: asked });
    const { asOf: sentAt } = await statusOf(account);
    for (const [i, { recipientId }] of asked.entries()) {
      const proof = { chatId: `c${i}`, messageId: `m${i}` };
      const spelt = spellingsOf(recipientId)[(i + 7) % patterns.length];
      await send(id, 'sendObserved', { ...proof, recipientId: spelt, sentAt });
    }
    await expect.poll(() => statusOf(account)).toMatchObject({ delivered: 20 });
    expect(await statusOf(account)).toMatchObject({ counter: 20, external: 0, inFlight: 0 });
  });

  it('counts once, however recipient, chat and message are spelt', async () => {
    const id = stand.newAccount();
    const account = await stand.connect(id);
    const { asOf: sentAt } = await statusOf(account);
    const recipientId = newMember();
    for (const [chatId, messageId, spelt] of [
      ['2-ZDQ=', '2-MTcx', recipientId],
      [' 2-ZDQ=\u00a0', '2-MTcx\u200b', `urn:li:fsd_profile:${recipientId}`],
      ['2-ZDQ%3D', `urn:li:msg_message:(urn:li:fsd_profile:${recipientId},2-MTcx)`, recipientId],
      ['https://www.linkedin.com/messaging/thread/2-ZDQ=/', '2-MTcx', recipientId.toLowerCase()],
    ] as const) {
      await send(id, 'sendObserved', { chatId, messageId, recipientId: spelt, sentAt });
    }
    await run(account);
    expect(await statusOf(account)).toMatchObject({ counter: 1, external: 1 });
    const log = 'select chat_id as chat from safeband.inmail_events where account_id = $1';
    expect(await all(stand, log, id)).toEqual([{ chat: '2-ZDQ=' }]);
  });

  it('belongs to the reservation that is settled by another spelling of its proof', async () => {
    const id = stand.newAccount();
    const account = await stand.connect(id);
    await ask(account, 'r1');
    const { asOf: sentAt } = await statusOf(account);
    await send(id, 'sendObserved', { chatId: '2-ZDQ=', messageId: '2-MTcx', sentAt });
    await send(id, 'sendDelivered', {
      reservationId: 'r1',
      chatId: 'urn:li:messagingThread:2-ZDQ=',
      messageId: 'urn:li:messagingMessage:2-MTcx',
    });
    await run(account);
    expect(await statusOf(account)).toMatchObject({ counter: 1, external: 0, delivered: 1 });
  });

  it('has the same reservation in another spelling of the recipient', async () => {
    const id = stand.newAccount();
    const account = await stand.connect(id);
    const recipientId = newMember();
    await send(id, 'sendReserve', { reservationId: 'r1', recipientId });
    await send(id, 'sendReserve', { reservationId: 'r1', recipientId: ` ${recipientId}` });
    expect(await statusOf(account)).toMatchObject({ counter: 1, inFlight: 1 });
    await run(account);
    const row = 'select recipient_id as shown from safeband.reservations where account_id = $1';
    expect(await all(stand, row, id)).toEqual([{ shown: recipientId }]);
  });
});

describe('accounts of one member that were connected before spellings were compared', () => {
  /** Starts such an account: its row, and its workflow with the state of an older run. */
  async function takenOver(id: string, entity: Entity): Promise<void> {
    const carried = {
      v: 1,
      start: null,
      actor: entity,
      waiting: [],
      isCancelled: false,
      published: null,
    };
    await stand.client.workflow.start('olderRun', {
      workflowId: workflowIdOf(id),
      taskQueue: stand.taskQueue,
      args: [carried],
    });
  }
  async function older(identity: string): Promise<{ id: string; actor: Entity }> {
    const id = stand.newAccount('older');
    const start = { accountId: must(isAccountId, id), identity: must(isIdentity, identity) };
    const { entity } = anAccount(start, { now: Date.now() });
    const row = accountRow(entity.account, entity.version);
    await createActivities({ pool: stand.pool }).claim({ owner: entity.owner, found: null, row });
    await stand.pool.query(
      `update safeband.accounts set identity_normal = null, identity_number = null,
         identity_compared = null where account_id = $1`,
      [id],
    );
    return { id, actor: entity };
  }

  it.each([
    ['ids of one product', (id: string) => `urn:li:fsd_profile:${id}`],
    ['ids of two products', () => memberId(members, 0x2c)],
  ])(
    'accounts of one member that were connected before spellings were compared share one cap: the one that is compared second is held (%s)',
    async (_, spell) => {
      const member = newMember();
      const [one, two] = [await older(member), await older(spell(member))];
      await takenOver(one.id, one.actor);
      await expect.poll(async () => (await statusOf(stand.handle(one.id))).state).toBe('active');
      await takenOver(two.id, two.actor);
      await expect.poll(() => statusOf(stand.handle(two.id))).toMatchObject(HELD);
      expect(await statusOf(stand.handle(one.id))).toMatchObject({ state: 'active', hold: null });
    },
  );

  it('accounts of one member that were connected before spellings were compared stop a new account of the member, and continue themselves', async () => {
    const member = newMember();
    const one = await older(member);
    const two = stand.newAccount();
    await ways.start(two, `https://www.linkedin.com/in/${member}`);
    expect(await statusOf(stand.handle(two))).toMatchObject(HELD);
    await run(stand.handle(two)); // its hold is in Postgres
    await takenOver(one.id, one.actor);
    await expect.poll(async () => (await statusOf(stand.handle(one.id))).state).toBe('active');
    const row = 'select identity_compared as was from safeband.accounts where account_id = $1';
    await expect.poll(() => all(stand, row, one.id)).toEqual([{ was: member }]);
  });
});
