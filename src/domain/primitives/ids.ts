/**
 * Names that cross the edge, each parsed once: a value of one of these types is known to be good.
 * Ours are short and printable; LinkedIn's are whatever LinkedIn says, within reason
 * (docs/contract.md, 2).
 */
export const OURS_PATTERN = '^[A-Za-z0-9_-][A-Za-z0-9_.:-]{0,127}$';
const OURS = new RegExp(OURS_PATTERN);
export const OURS_WORDS =
  '1 to 128 of the characters A-Z a-z 0-9 _ . : - and begin with a letter, a digit, _ or -';
/** LinkedIn's ids: this many UTF-16 units at most. */
export const FOREIGN_MAX = 512;
/** The rule of `isForeign` but its length, as a JSON Schema says it (a regular expression, `u`). */
export const FOREIGN_PATTERN =
  '^(?=[\\s\\S]*\\S)[^\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff]+$';
export const FOREIGN_WORDS =
  "LinkedIn's: 1 to 512 characters, not blank, no control character, whole Unicode";

export type AccountId = string & { readonly brand: 'AccountId' };
/** The caller's own name for one attempt to send; it is never used twice. */
export type ReservationId = string & { readonly brand: 'ReservationId' };
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

/** 1 to 512 characters, no control character, no half of a surrogate pair, not only spaces. */
const isForeign = (raw: unknown): raw is string =>
  typeof raw === 'string' &&
  raw.length <= FOREIGN_MAX &&
  raw.trim().length > 0 &&
  !hasControlCharacter(raw) &&
  isWellFormed(raw);

/** No surrogate stands alone: Postgres and JSON would each make something else of it. */
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
export const isCampaignId = (raw: unknown): raw is CampaignId => isOurs(raw);
export const isChatId = (raw: unknown): raw is ChatId => isForeign(raw);
export const isMessageId = (raw: unknown): raw is MessageId => isForeign(raw);
export const isRecipientId = (raw: unknown): raw is RecipientId => isForeign(raw);
export const isIdentity = (raw: unknown): raw is Identity => isForeign(raw);

/** Free text of people: reasons, actors, codes. No NUL, which Postgres refuses in any text. */
export const isText = (raw: unknown, max: number): raw is string =>
  typeof raw === 'string' &&
  raw.length <= max &&
  raw.trim().length > 0 &&
  !raw.includes('\u0000') &&
  isWellFormed(raw);

/** The same order everywhere, whatever the locale. */
export const compare = (one: string, other: string): number =>
  one < other ? -1 : one > other ? 1 : 0;
