/**
 * Full accounts: random ids up to the longest legal length fill each account to the limits of the
 * domain. `fullState` returns the state that a run hands to the next, with all that may wait.
 */
import { lineOf, type FailureKind } from '../../src/domain/account/account.js';
import { CAMPAIGNS_MAX, WEIGHT_MAX } from '../../src/domain/account/policy.js';
import type { Entity } from '../../src/domain/entity/entity.js';
import { bytesOf } from '../../src/domain/primitives/bytes.js';
import { ask } from '../../src/domain/commands/line.js';
import { deliver } from '../../src/domain/commands/deliver.js';
import { fail } from '../../src/domain/commands/fail.js';
import {
  REPLIES_BYTES_MAX,
  WAITING_CARRIED_BYTES_MAX,
} from '../../src/domain/primitives/limits.js';
import { observe, type Observe } from '../../src/domain/commands/observe.js';
import { reserve } from '../../src/domain/commands/reserve.js';
import { configure, hold, type Start } from '../../src/domain/commands/administer.js';
import { DAY_MS, MINUTE_MS } from '../../src/domain/primitives/time.js';
import type { HandedOver } from '../../src/workflows/persistence/handedOver.js';
import { isAccountId, isCampaignId, isIdentity } from '../../src/domain/primitives/ids.js';
import { Random } from '../simulation/random.js';
import { anAccount, c, m, must, p, r, Scenario } from './scenario.js';
import { OUTBOX_BYTES_MAX } from '../../src/domain/entity/bounds.js';
import { batchOf, saved } from '../../src/domain/entity/writes.js';
import type { Waiting } from '../../src/workflows/inHand.js';

/** Characters of three bytes, quotes (two bytes in JSON) and a letter. */
const LETTERS = ['中', '文', 'あ', '€', '"', 'a'] as const;
/** The number of sends by another program: more than an account remembers one by one. */
const OBSERVED = 520;
/** How many days an account remembers, with the present day. */
const DAYS = 3;

/** Returns the account after it has saved everything. */
export function withoutOutbox({ entity, now }: Scenario): Scenario {
  let empty: Entity = entity;
  while (empty.outbox.length > 0) empty = saved(empty, batchOf(empty), null);
  return new Scenario(empty, now);
}
const savedInTime = (account: Scenario): Scenario =>
  account.entity.outbox.length > 20 ? withoutOutbox(account) : account;

class Names {
  readonly #random: Random;
  #count = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Returns a new id of LinkedIn's. Each is different, and most have the longest legal length. */
  longId(): string {
    const name = `${(this.#count += 1)}-`;
    const units = this.#random.chance(0.8) ? 512 : this.#random.between(name.length + 1, 512);
    const letter = this.#random.pick(LETTERS);
    return `${name}${letter.repeat(units - name.length)}`;
  }

  ours = (): string => `${(this.#count += 1)}-`.padEnd(128, 'x');

  observed = (sentAt: number): Observe => ({
    chatId: c(this.longId()),
    messageId: m(this.longId()),
    recipientId: p(this.longId()),
    sentAt,
  });
}

/** Grants 50 to 200 slots over the remembered days. Most are delivered, others end in other ways. */
function spent(before: Scenario, random: Random, names: Names): Scenario {
  let account = before;
  const grants = random.between(50, 200);
  const { now: start } = account;
  for (let n = 0; n < grants; n += 1) {
    const day = Math.floor((n * DAYS) / grants);
    account = account.until(Math.max(account.now + MINUTE_MS, start + day * DAY_MS));
    const reservationId = r(names.ours());
    account = account.when(reserve, { reservationId, recipientId: p(names.longId()) });
    const chance = random.next();
    if (chance < 0.6) {
      const proof = { chatId: c(names.longId()), messageId: m(names.longId()) };
      account = account.when(deliver, { reservationId, ...proof });
    } else if (chance < 0.95) {
      const kind = random.pick<FailureKind>(['rejected', 'not_attempted', 'unknown']);
      account = account.when(fail, { reservationId, kind });
    }
    account = savedInTime(account);
  }
  return account;
}

/** Fills the waiting line: asks of all lengths, until the account has no place for one more (R21). */
function inLine(before: Scenario, random: Random, names: Names): Scenario {
  // The cap is used for days, so each ask waits.
  let account = before.when(configure, { dailyCap: 1 });
  const replyTo = { workflowId: '中'.repeat(333), signalName: '文'.repeat(333) };
  const more = { wait: true, validUntil: account.now + 32 * DAY_MS, foresee: () => null };
  for (;;) {
    const request = {
      reservationId: r(names.ours()),
      recipientId: p(names.longId()),
      campaignId: must(isCampaignId, names.ours()),
      ...(random.chance(0.3) ? { replyTo } : {}),
    };
    const { length } = lineOf(account.entity.account);
    account = savedInTime(account.when(ask, { ...request, ...more }));
    if (lineOf(account.entity.account).length === length) return account;
  }
}

/** Returns as many waiting messages as an account may have. */
function waiting(names: Names, sentAt: number): readonly Waiting[] {
  const all: Waiting[] = [];
  for (let bytes = 0; ;) {
    const one = { name: 'sendObserved', raw: names.observed(sentAt) };
    bytes += bytesOf(one) + 1;
    if (bytes > WAITING_CARRIED_BYTES_MAX) return all;
    all.push(one);
  }
}

/** Returns as many waiting replies as an account may have. */
function replies(names: Names): NonNullable<HandedOver['replies']> {
  const to = { workflowId: '中'.repeat(333), signalName: '文'.repeat(333) };
  const all: NonNullable<HandedOver['replies']>[number][] = [];
  for (let bytes = 0; ;) {
    const answer = {
      granted: false,
      reservationId: names.ours(),
      reason: 'weekly_cap',
      limit: 100_000,
      used: 100_000,
      retryAt: new Date(0).toISOString(),
    } as const;
    bytes += bytesOf({ to, answer });
    if (bytes > REPLIES_BYTES_MAX) return all;
    all.push({ to, answer });
  }
}

/** Returns the state that the run of a full account hands to the next, for this seed. */
export function fullState(seed: number): HandedOver {
  const random = new Random(seed);
  const names = new Names(random);
  const start: Start = {
    accountId: must(isAccountId, 'a'.repeat(128)),
    tier: 'recruiter',
    connect: true,
    identity: must(isIdentity, '中'.repeat(512)),
    ramp: { dailyCaps: Array.from({ length: 366 }, () => 50) },
    campaigns: Array.from({ length: CAMPAIGNS_MAX }, () => ({
      campaignId: must(isCampaignId, names.ours()),
      dailyCap: 100_000,
      weight: WEIGHT_MAX,
    })),
  };
  let account = spent(anAccount(start), random, names);
  for (let n = 0; n < OBSERVED; n += 1) {
    const age = random.between(0, DAYS - 1) * DAY_MS;
    account = savedInTime(account.when(observe, names.observed(account.now - age)));
  }
  account = withoutOutbox(inLine(account, random, names));
  account = account.when(hold, { reason: '中'.repeat(512), actor: '文'.repeat(128) });
  // No message is accepted while so much waits to be saved.
  for (let bytes = 0; bytes <= OUTBOX_BYTES_MAX;) {
    const { length } = account.entity.outbox;
    account = account.when(observe, names.observed(account.now));
    for (const row of account.entity.outbox.slice(length)) bytes += bytesOf(row) + 1;
  }
  return {
    v: 1,
    start,
    actor: account.entity,
    waiting: waiting(names, account.now),
    isCancelled: false,
    replies: replies(names),
    published: { state: 'held', tier: 'recruiter' },
  };
}
