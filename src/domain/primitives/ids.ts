/**
 * Ids that come from outside, each parsed once: a value of one of these types is known to be valid.
 * Safeband's ids are short and printable. LinkedIn's ids may be any text up to 512 characters
 * (docs/contract.md, 2).
 */
/** Maximum characters of our own ids. */
export const OURS_MAX = 128;
export const OURS_PATTERN = '^[A-Za-z0-9_-][A-Za-z0-9_.:-]{0,127}$';
const OURS = new RegExp(OURS_PATTERN);
export const OURS_WORDS =
  '1 to 128 of the characters A-Z a-z 0-9 _ . : - and begin with a letter, a digit, _ or -';
/** Maximum UTF-16 units of one of LinkedIn's ids. */
export const FOREIGN_MAX = 512;
/** The rule of `isForeign` without its length, as a regular expression (`u`) for a JSON Schema. */
export const FOREIGN_PATTERN =
  '^(?=[\\s\\S]*\\S)[^\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff]+$';
export const FOREIGN_WORDS =
  "LinkedIn's: 1 to 512 characters, not blank, no control character, whole Unicode";

/**
 * Lower case only, so that `EU` and `eu` are not two groups. A filter reads `none` as the accounts
 * without a group, and metrics sum small groups as `other`.
 */
export const GROUP_PATTERN = '^(?!(?:none|other)$)[a-z0-9][a-z0-9_.-]{0,63}$';
const GROUP = new RegExp(GROUP_PATTERN);
export const GROUP_MAX = 64;
export const GROUP_WORDS =
  'a group such as eu-sales: 1 to 64 of the characters a-z 0-9 _ . -, first a letter or a digit, ' +
  'and not none or other';

export type AccountId = string & { readonly brand: 'AccountId' };
/** The caller's own name for one attempt to send; it is never used twice. */
export type ReservationId = string & { readonly brand: 'ReservationId' };
/** The label of accounts that belong together (R26): a team, a customer, a pool. */
export type Group = string & { readonly brand: 'Group' };
export type CampaignId = string & { readonly brand: 'CampaignId' };
/** LinkedIn's conversation: the proof of a delivery. */
export type ChatId = string & { readonly brand: 'ChatId' };
export type MessageId = string & { readonly brand: 'MessageId' };
export type RecipientId = string & { readonly brand: 'RecipientId' };
/** LinkedIn's id of the member whose account this is. */
export type Identity = string & { readonly brand: 'Identity' };

const isOurs = (raw: unknown): raw is string => typeof raw === 'string' && OURS.test(raw);

function hasControlCharacter(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 0x20 || (unit >= 0x7f && unit <= 0x9f)) return true;
  }
  return false;
}

/** True for 1 to 512 characters, not only spaces, no control character, no lone surrogate. */
const isForeign = (raw: unknown): raw is string =>
  typeof raw === 'string' &&
  raw.length <= FOREIGN_MAX &&
  raw.trim().length > 0 &&
  !hasControlCharacter(raw) &&
  isWellFormed(raw);

/** True if no surrogate is alone: Postgres and JSON would each convert it to other text. */
export function isWellFormed(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 0xd800 || unit > 0xdfff) continue;
    const next = text.charCodeAt(i + 1);
    if (unit > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) return false;
    i += 1;
  }
  return true;
}

export const isAccountId = (raw: unknown): raw is AccountId => isOurs(raw);
export const isReservationId = (raw: unknown): raw is ReservationId => isOurs(raw);
export const isGroup = (raw: unknown): raw is Group => typeof raw === 'string' && GROUP.test(raw);
export const isCampaignId = (raw: unknown): raw is CampaignId => isOurs(raw);
export const isChatId = (raw: unknown): raw is ChatId => isForeign(raw);
export const isMessageId = (raw: unknown): raw is MessageId => isForeign(raw);
export const isRecipientId = (raw: unknown): raw is RecipientId => isForeign(raw);
export const isIdentity = (raw: unknown): raw is Identity => isForeign(raw);

/** True for free text of people, such as reasons and actors. No NUL: Postgres refuses it. */
export const isText = (raw: unknown, max: number): raw is string =>
  typeof raw === 'string' &&
  raw.length <= max &&
  raw.trim().length > 0 &&
  !raw.includes('\u0000') &&
  isWellFormed(raw);

/** Compares two texts for sorting: the same order in every locale. */
export const compare = (one: string, other: string): number =>
  one < other ? -1 : one > other ? 1 : 0;

/** The workflow that receives the decision as a Signal. */
export type ReplyTarget = { readonly workflowId: string; readonly signalName: string };
