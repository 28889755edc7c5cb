/**
 * The body for an incoming webhook of Slack: one sentence in plain English. It names an account by
 * your own id, with its group. Only the sentences of the brake name a person, and have a reason.
 */
import { ALERT_KINDS, SEVERITIES } from '../domain/account/alertKinds.js';
import { ALERT_HELP, SEVERITY_WORDS } from '../domain/diagnostics/alerts/alertHelp.js';
import { reasonWords } from '../domain/diagnostics/canSend/reasonWords.js';
import { causeWords } from '../domain/diagnostics/why/blockers.js';
import { webhookBody, type WebhookFormat } from '../domain/wire/webhookEvents.js';
import type { WebhookEvent, WebhookType } from '../domain/wire/webhookEvents.js';

type Data = WebhookEvent['data'];
type Sentence = (account: string, data: Data) => string;

/** Returns an instant as people read it: `2026-11-24 10:20 UTC`. */
const time = (raw: unknown): string => `${String(raw).slice(0, 16).replace('T', ' ')} UTC`;

const titleOf = (raw: unknown): string => {
  const kind = ALERT_KINDS.find((one) => one === raw);
  return kind ? ALERT_HELP[kind].title : String(raw);
};

/** The reason of a hold by Safeband, as the text after "because". */
const HOLD: Readonly<Record<string, string>> = {
  restricted: 'LinkedIn restricted it',
  too_many_rows: 'it has more rows than an account may have',
  identity_in_use: 'another account is the same LinkedIn member',
};

/** Returns a severity and what it asks of a person; one of a newer version as it is. */
const urgencyOf = (raw: unknown): string => {
  const severity = SEVERITIES.find((one) => one === raw);
  return severity ? `${severity}: ${SEVERITY_WORDS[severity]}` : String(raw);
};

const SENTENCES: Readonly<Record<WebhookType | 'ping', Sentence>> = {
  'cooldown.started': (account, { cause, until }) =>
    `Account ${account} waits until ${time(until)}, because ${causeWords(String(cause))}.`,
  'cooldown.ended': (account) => `Account ${account} no longer waits: its cooldown has ended.`,
  'account.held': (account, { by, reason }) =>
    by === 'operator'
      ? `An operator stopped account ${account}: it sends nothing until a person resumes it.`
      : `Safeband stopped account ${account} until a person resumes it, because` +
        ` ${HOLD[String(reason)] ?? String(reason)}.`,
  'account.resumed': (account, { heldSince }) =>
    `Account ${account} is resumed; it was stopped since ${time(heldSince)}.`,
  no_credits: (account, { until }) =>
    `The InMail credits of account ${account} are used up until ${time(until)}.`,
  'credits.restored': (account) => `Account ${account} no longer waits for InMail credits.`,
  'account.connected': (account, { reconnected }) =>
    `Account ${account} is connected${reconnected === true ? ' again' : ''}.`,
  'account.disconnected': (account) => `Account ${account} is disconnected: it grants no slot.`,
  'alert.raised': (account, { alertId, kind, severity }) =>
    `Account ${account} has alert ${String(alertId)} (${urgencyOf(severity)}): ${titleOf(kind)}.`,
  'alert.resolved': (account, { alertId, kind, by }) =>
    `Alert ${String(alertId)} of account ${account}` +
    ` ${by === 'operator' ? 'was closed by a person' : 'has ended'}: ${titleOf(kind)}.`,
  'drift.alert': (account, { drift, counter, healedTo }) =>
    `The counter of account ${account} was ${String(counter)}, with a drift of` +
    ` ${String(drift)}, and is ${String(healedTo)} after the reconcile.`,
  'reset.done': (account, { quotaDay }) =>
    `Account ${account} begins the quota day ${String(quotaDay)}.`,
  'threshold.reached': (account, { percent, used, cap }) =>
    `Account ${account} has spent ${String(percent)} % of today's cap: ${String(used)} of` +
    ` ${String(cap)}.`,
  'slot.granted': (account, { reservationId }) =>
    `Reservation ${String(reservationId)} of account ${account} has got its slot.`,
  'slot.expired': (account, { reservationId, reason }) =>
    `Reservation ${String(reservationId)} of account ${account} waited and got no slot:` +
    ` ${reasonWords(String(reason))}.`,
  'brake.engaged': (accounts, { actor, reason }) =>
    `${String(actor)} stopped the sends of ${accounts} with the brake: ${String(reason)}`,
  'brake.released': (accounts, { actor, reason }) =>
    `${String(actor)} released the brake of ${accounts}: ${String(reason)}`,
  ping: () => 'This is a test message of Safeband.',
};

/** Returns the message of an event: the same bytes at each try. */
export function slackBody({ type, accountId, group, data }: WebhookEvent): string {
  // As code, so that Slack makes no link and no symbol of an id.
  const named = group === null ? null : `group \`${group}\``;
  const account =
    accountId === null ? 'all accounts' : `\`${accountId}\`${named === null ? '' : ` (${named})`}`;
  const isOfGroup = accountId === null && named !== null; // a brake
  const text = SENTENCES[type](isOfGroup ? `the ${named}` : account, data);
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return JSON.stringify({ text: escaped });
}

/** Returns the body of a request, in the format of its endpoint. */
export const bodyOf = (format: WebhookFormat, event: WebhookEvent): string =>
  format === 'slack' ? slackBody(event) : webhookBody(event);
