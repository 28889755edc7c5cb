/**
 * Applies what Unipile reports to an account. A report may come twice, late or in another order: a
 * known proof changes nothing (R15), and a status is compared with the present one at Unipile.
 */
import { SafebandError, type FailureType, type SafebandClient } from '../../client/index.js';
import type { AccountState } from '../../domain/gate/accountState.js';
import type { Pool } from '../../postgres/pool.js';
import { isKnown } from '../../postgres/read/lists.js';
import { lastConnection } from '../../postgres/read/connection.js';
import { orderOf, type UnipileEvent, type UnipileStatus } from '../../unipile/index.js';
import { problemOf } from '../plumbing/problems.js';

/** The actor of orders of this webhook, in the list of changes. */
const ACTOR = 'unipile';

/** What the server knows of Unipile; without `status`, a status is used as it was reported. */
export type UnipileLink = {
  readonly secrets: readonly string[];
  readonly status?: (unipileAccountId: string) => Promise<UnipileStatus | undefined>;
};
export type Done = {
  readonly done: 'sendObserved' | 'replyObserved' | 'disconnect' | 'connect' | 'hold' | null;
  /** Why nothing was done, or why a reply changed no balance. */
  readonly why: string | null;
};
const done = (name: NonNullable<Done['done']>): Done => ({ done: name, why: null });
const nothing = (why: string): Done => ({ done: null, why });

type World = {
  readonly client: SafebandClient;
  readonly pool: Pool;
  readonly unipile: UnipileLink;
};

/** Applies one event to the account. Throws `Unavailable` if the event should come again. */
export async function applyEvent(
  world: World,
  accountId: string,
  event: UnipileEvent,
): Promise<Done> {
  try {
    if (event.type === 'status') return await applyStatus(world, accountId, event);
    if (event.type === 'reply') return await applyReply(world, accountId, event);
    const { chatId, messageId, recipientId, sentAt } = event;
    await world.client.observed(accountId, {
      chatId,
      messageId,
      sentAt,
      ...(recipientId === undefined ? {} : { recipientId }),
    });
    return done('sendObserved');
  } catch (error) {
    if (isUnknown(error)) return nothing('the account is not connected to Safeband');
    throw error;
  }
}

const isUnknown = (error: unknown): boolean => isOf(error, 'AccountUnknown');
const isOf = (error: unknown, type: FailureType): boolean =>
  error instanceof SafebandError && error.type === type;

/** Reports a reply. An inbox has many chats that began without an InMail of the account. */
async function applyReply(
  { client }: World,
  accountId: string,
  { chatId, at }: Extract<UnipileEvent, { readonly type: 'reply' }>,
): Promise<Done> {
  try {
    const { ignored } = await client.replied(accountId, { chatId, at });
    return { done: 'replyObserved', why: ignored && `it gave no credit back: ${ignored}` };
  } catch (error) {
    if (isOf(error, 'ChatUnknown')) return nothing('the account knows no InMail in this chat');
    throw error;
  }
}

type StatusEvent = Extract<UnipileEvent, { readonly type: 'status' }>;

async function applyStatus(
  world: World,
  accountId: string,
  { unipileAccountId, status: reported }: StatusEvent,
): Promise<Done> {
  const order = orderOf(reported);
  if (order === undefined) return nothing('no page of Unipile documents this status');
  if (order === 'nothing') return nothing('this status is temporary');
  if (!(await isKnown(world.pool, accountId))) {
    return nothing('the account is not connected to Safeband');
  }
  const status = (await world.unipile.status?.(unipileAccountId)) ?? reported;
  const reason = `Unipile reports ${status}`;
  const by = { reason, actor: ACTOR };
  const present = orderOf(status);
  if (present === 'connect') return connectAgain(world, accountId);
  if (present === 'hold') return stop(() => world.client.hold(accountId, by), present);
  if (present !== 'disconnect') return nothing('this status is temporary');
  if ((await stateOf(world, accountId)) === 'disconnected') return GONE;
  return stop(() => world.client.disconnect(accountId, by), present);
}

const GONE = nothing('the account is disconnected already');

/** Returns the state of a known account; one whose workflow ended long ago is disconnected. */
const stateOf = ({ client }: World, accountId: string): Promise<AccountState> =>
  client.status(accountId).then(
    ({ state }) => state,
    (error: unknown) => {
      if (isUnknown(error)) return 'disconnected' as const;
      throw error;
    },
  );

/** Stops the account; an account whose workflow has ended needs no stop. */
async function stop(order: () => Promise<unknown>, name: 'disconnect' | 'hold'): Promise<Done> {
  try {
    await order();
    return done(name);
  } catch (error) {
    if (isUnknown(error)) return GONE;
    throw error;
  }
}

/** Takes back a disconnect of this webhook. A person who disconnects an account decides alone. */
async function connectAgain(world: World, accountId: string): Promise<Done> {
  if ((await stateOf(world, accountId)) !== 'disconnected') {
    return nothing('the account is connected already');
  }
  const last = await lastConnection(world.pool, accountId);
  if (last?.kind !== 'disconnect') {
    throw problemOf('Unavailable', 'the disconnect of the account is not saved yet');
  }
  if (last.actor !== ACTOR) return nothing('the account was not disconnected by Unipile');
  await world.client.connect({ accountId, tier: last.tier, actor: ACTOR });
  return done('connect');
}
