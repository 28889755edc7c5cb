/**
 * Asks whose recipient may have been contacted before the slots that the account remembers (R20).
 * Such an ask leaves the inbox until Postgres has been read; other messages do not wait for it. It
 * then comes back as the first message. If Postgres does not answer, the ask is `unverified`.
 */
import { log } from '@temporalio/workflow';
import type { FoundContact } from '../../activities/ports.js';
import { pass } from '../../domain/entity/entity.js';
import { looksBack, memoryDays, type PastContact } from '../../domain/gate/recipient.js';
import { wantsPast } from '../../domain/commands/reserve.js';
import type { RecipientId } from '../../domain/primitives/ids.js';
import { parseReserve, type ReserveAsk } from '../../domain/wire/requests.js';
import { readable } from '../activityProxies.js';
import { comparesRecipients } from '../changes.js';
import type { AccountRun } from '../accountRun.js';
import type { Entry, Weight } from '../inHand.js';
import { claimOf, claimsIn, heldFor, leaveClaims, leaveLater, wantedClaims } from './claims.js';
import { lookup, lookupsOf, type Found, type Parked } from './lookupState.js';
import { lookUpReplies, parksReply, withChat } from './replyLookups.js';

/** Maximum recipients of one lookup, unless one batch has more. */
const RECIPIENTS_MAX = 100;

/** Takes a message with what was found for it, or parks it until Postgres has been read. */
export function withPast(
  self: AccountRun,
  entry: Entry,
  take: (self: AccountRun, entry: Entry) => Weight,
): Weight {
  if (parks(self, entry) || parksReply(self, entry)) return 1;
  const lookups = lookupsOf(self);
  lookups.found = lookups.foundOf.get(entry.number);
  lookups.foundOf.delete(entry.number);
  const weight = withChat(self, entry, take);
  lookups.found = undefined;
  return weight;
}

/** Parks the ask if Postgres has to be read first; false: it can be decided now. */
function parks(self: AccountRun, entry: Entry): boolean {
  if (!entry.isAsk || !self.entity || self.isClosed || lookupsOf(self).foundOf.has(entry.number))
    return false;
  if (!looksBack(self.entity.account.policy) || !comparesRecipients()) return false;
  const asks = asksIn(entry, self.now());
  const { account } = pass(self.entity, self.now());
  const wanted = asks.filter((ask) => wantsPast(account, ask, account.now));
  if (wanted.length === 0) return false;
  const recipients = asks.flatMap(({ recipientId, again }) =>
    recipientId === undefined || again === true ? [] : [recipientId],
  );
  const lookups = lookupsOf(self);
  const held = heldFor(self, account, wanted);
  if (held) {
    lookups.foundOf.set(entry.number, { past: [], claim: held });
    return false;
  }
  const claims = wantedClaims(self, account, wanted);
  lookups.parked = [...lookups.parked, { entry, recipients, claims }];
  return true;
}

function asksIn({ name, read }: Entry, at: number): readonly ReserveAsk[] {
  const raw = read();
  const isBatch = name === 'sendReserveBatch' && typeof raw === 'object' && raw !== null;
  const list: unknown = isBatch && 'requests' in raw ? raw.requests : [raw];
  return (Array.isArray(list) ? list : []).flatMap((one: unknown) => {
    const parsed = parseReserve(one, 'lenient', at);
    return parsed.ok ? [parsed.value] : [];
  });
}

/** Begins one lookup for the messages that are parked; only the loop calls it. */
export function lookUp(self: AccountRun): void {
  lookUpReplies(self);
  leaveClaims(self);
  const lookups = lookupsOf(self);
  if (lookups.isRunning || lookups.parked.length === 0) return;
  lookups.isRunning = true;
  let recipients = 0;
  const asked = lookups.parked.filter((one, n) => {
    recipients += one.recipients.length;
    return n === 0 || recipients <= RECIPIENTS_MAX;
  });
  void find(self, asked);
}

async function find(self: AccountRun, asked: readonly Parked[]): Promise<void> {
  const { accountId, policy, day } = self.read().account;
  const recipients = [...new Set(asked.flatMap((one) => one.recipients))];
  const ask = { accountId, recipients, since: day - memoryDays(policy) };
  const claims = claimsIn(self, asked);
  let found: Found | null = null;
  try {
    if (claims) {
      const answer = readable(await lookup.claimContacts({ ...ask, ...claims }));
      found = { past: pastOf(recipients, answer.found), claim: claimOf(claims, answer) };
    } else {
      const answer = readable(await lookup.findContacts(ask));
      found = { past: pastOf(recipients, answer.found) };
    }
  } catch (error) {
    log.warn('contacts.silent', { error: String(error) });
    if (claims) leaveLater(self, claims); // a try may have been committed
  }
  const lookups = lookupsOf(self);
  for (const { entry } of asked) lookups.foundOf.set(entry.number, found);
  lookups.parked = lookups.parked.filter((one) => !asked.includes(one));
  self.inbox.unshift(...asked.map(({ entry }) => entry));
  lookups.isRunning = false;
}

const pastOf = (
  recipients: readonly RecipientId[],
  found: readonly FoundContact[],
): readonly PastContact[] =>
  found.flatMap(({ recipient, ...contact }) => {
    const recipientId = recipients[recipient];
    return recipientId === undefined ? [] : [{ recipientId, ...contact }];
  });
