/** What callers of the client pass to it. */
import type { Client } from '@temporalio/client';
import type { FailureKind } from '../domain/account/account.js';
import type { GroupDesk } from '../postgres/groups/desk.js';
import type { Pace } from '../domain/wire/settingText.js';
import type { RampName } from '../domain/gate/ramps.js';
import type { Tier } from '../domain/primitives/tier.js';
import type { SendingWindow } from '../domain/account/sendingWindow.js';
import type { CallMeasured } from './measured.js';

export type ClientOptions = {
  /** A client of the Temporal SDK, connected to the namespace of the workers. */
  readonly client: Client;
  readonly taskQueue?: string;
  /** How long a call may take in total, with repetitions, in ms. */
  readonly deadlineMs?: number;
  /** How long the client answers later reserves with the last denial, in ms; 0 for never. */
  readonly rememberDenialsMs?: number;
  /** Called after each call to a workflow, with its duration and its result. */
  readonly onCall?: (call: CallMeasured) => void;
  /**
   * Returns true if the account has ever existed. A late outcome starts the workflow again if the
   * account has ended (R13), and fails with `AccountUnknown` if the account never existed.
   */
  readonly isKnown?: (accountId: string) => Promise<boolean>;
  /** The rows of asks of a group, for `reserveInGroup`: `pgGroupDesk(pool)`. */
  readonly groups?: GroupDesk;
};
export type RampInput = {
  readonly dailyCaps?: readonly number[] | null;
  readonly name?: RampName | null;
};
/** A campaign with a daily cap of its own (R22), a weight in the waiting line (R21), or both. */
export type CampaignCapInput = {
  readonly campaignId: string;
  readonly dailyCap?: number | null;
  /** From 1 to 1,000; 1 by default. */
  readonly weight?: number | null;
};
/** What a forecast needs of a reserve: a campaign may have a cap of its own (R22). */
export type AskInput = {
  readonly campaignId?: string;
  /** The InMail costs no credit (R24). */
  readonly free?: boolean;
};
/** No recipient is contacted twice, so a decision may depend on the recipient (R20). */
export type PeekInput = AskInput & { readonly recipientId?: string };
/** What a reservation is compared with (R3): the fields of its reserve. */
export type Content = {
  readonly campaignId?: string | undefined;
  readonly recipientId?: string | undefined;
  readonly compares: true;
};
/** If a field is absent, the stored value stays. Null sets the default (R13). */
export type PolicyInput = {
  readonly dailyCap?: number | null;
  readonly weeklyCap?: number | null;
  /** A list, or the name of one; a name becomes the list of the tier. */
  readonly ramp?: RampInput | null;
  readonly sendingWindow?: SendingWindow | null;
  readonly timezone?: string | null;
  /** The day of the month on which LinkedIn renews InMail credits; the first by default. */
  readonly creditsRenewOn?: number | null;
  /** The pace of grants; none by default. `jitterPercent`: how much an interval may differ. */
  readonly pacing?: Pace | null;
  /** Days without a second InMail to a recipient; by default as long as ids are remembered. */
  readonly recipientMemoryDays?: number | null;
  /** `group`: a recipient of another account of the group is refused, too (R20). */
  readonly recipientScope?: 'account' | 'group' | null;
  /** The caps and weights of campaigns, each named once. A list replaces the whole list before. */
  readonly campaigns?: readonly CampaignCapInput[] | null;
  /** `shadow`: the gate records what it would deny, and grants (R23). */
  readonly mode?: 'enforce' | 'shadow' | null;
  /** The cap of a day: `factor` times the mean of the last days, at least `floor`. */
  readonly velocity?: { readonly factor: number; readonly floor: number } | null;
  /** The label of accounts that belong together, such as `eu-sales` (R26). */
  readonly group?: string | null;
  /** True: after a refusal by LinkedIn, a day has at most 80 % of what was spent (R25). */
  readonly learntCap?: boolean | null;
};
/** A change of the settings; the list of changes keeps its reason and its actor. */
export type ConfigureInput = PolicyInput & {
  readonly tier?: Tier | null;
  readonly reason?: string | null;
  readonly actor?: string | null;
};
export type StartInput = PolicyInput & {
  readonly accountId: string;
  readonly tier: Tier;
  /** LinkedIn's id of the member, in any spelling; each member has only one account. */
  readonly identity?: string | null;
  readonly inmailsSentToday?: number | null;
  readonly deliveredToday?: number | null;
  /** The actor of the connect, for the list of changes. */
  readonly actor?: string | null;
};
export type DeliveredReport = {
  readonly reservationId: string;
  readonly chatId: string;
  readonly messageId?: string | null;
  /** An instant, for display only; the account ignores a value that it cannot read. */
  readonly deliveredAt?: unknown;
};
export type FailedReport = {
  readonly reservationId: string;
  readonly kind: FailureKind;
  /** The error of LinkedIn. The account cleans and shortens a text, and ignores other values. */
  readonly code?: unknown;
  /** LinkedIn's seconds, as a number or as text; an unreadable value counts as one hour. */
  readonly retryAfterSeconds?: unknown;
};
export type ObservedReport = {
  /** The same ids as in `sendDelivered`, such as Unipile's `chat_id` and `message_id`. */
  readonly chatId: string;
  readonly messageId: string;
  /** LinkedIn's id, in any spelling: the account looks for the open slot of this recipient. */
  readonly recipientId?: string | null;
  readonly sentAt: string;
};
/** The balance of InMail credits that LinkedIn showed, and when. */
export type CreditsReport = { readonly balance: number; readonly at: string };
/**
 * `heldFor`: only a hold with exactly this reason ends, and nothing else. `cooldown`: only a
 * cooldown with this cause.
 */
export type ResumeOrder = Order & {
  readonly heldFor?: string;
  readonly cooldown?: 'unclean_end';
};
/** The reply of a recipient: the chat, as in `sendDelivered`, and when the reply came. */
export type ReplyReport = { readonly chatId: string; readonly at: string };
/** The messages that report what happened at LinkedIn. */
export type ReportName =
  'sendDelivered' | 'sendFailed' | 'sendObserved' | 'creditsObserved' | 'replyObserved';
export type Order = { readonly reason: string; readonly actor: string };
