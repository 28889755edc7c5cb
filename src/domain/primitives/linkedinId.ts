/**
 * One normal form for LinkedIn's ids. Tools spell one member in many ways: `ACoAA…`,
 * `urn:li:fsd_profile:ACoAA…`, an address of the profile, in other case, with a blank at the end.
 * Accounts and sends are compared by the normal form. The received spelling is kept and shown
 * (docs/linkedin-ids.md). No function here asks LinkedIn: the two texts alone decide.
 */
import { visible } from './text.js';

/** The member that a spelling names. */
export type Member = {
  /** The id without its wrapping, in lower case: for comparisons, never sent to LinkedIn. */
  readonly normal: string;
  /** LinkedIn's number of the member; null where the spelling does not contain it. */
  readonly number: number | null;
  /** The source of the number: an id of one product, or the number itself. */
  readonly kind: 'ACo' | 'ACw' | 'AEM' | 'number' | null;
};

/** Maximum times that an id is unwrapped: no tool wraps an id so often, and work has a bound. */
const WRAPPINGS_MAX = 8;
/** The usual form of an id: without a wrapping. */
const PLAIN = /^[\w.=-]+$/;
/** Removes blanks and invisible characters, which copied text may contain. */
const trimmed = (text: string): string => visible(text.normalize('NFC')).trim();

const PERCENT = /%[0-9a-f]{2}/i;
/** Returns the text with `%3A` and the like decoded; text that is not UTF-8 stays as it is. */
function decoded(text: string): string {
  if (!PERCENT.test(text)) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** An address at LinkedIn, of any country or device, with or without its scheme. */
const ADDRESS =
  /^(?:(?:https?:)?\/\/)?(?:[^\s/@]+@)?(?:[a-z0-9-]+\.)*linkedin\.com\.?(?::\d*)?\/+/i;
/** The part of an address after which the member's id comes. */
const BEFORE_ID = ['in', 'lead', 'people', 'profile'];

/** Returns the id in an address of a profile; undefined if it is no such address. */
function idInAddress(text: string): string | undefined {
  const host = ADDRESS.exec(text)?.[0];
  if (host === undefined) return undefined;
  const [path = '', query = ''] =
    text
      .slice(host.length)
      .split('#')[0]
      ?.split(/\?(.*)/s) ?? [];
  const parts = path.split('/').filter((part) => part !== '');
  const at = parts.findIndex((part) => BEFORE_ID.includes(part.toLowerCase()));
  const id = at === -1 ? undefined : parts[at + 1];
  if (id?.toLowerCase() !== 'view') return id && firstOf(id);
  return /(?:^|&)id=([^&]+)/i.exec(query)?.[1];
}

/** Returns the id of `ACwAA…,NAME_SEARCH,xyz`, where the way the member was found follows. */
const firstOf = (list: string): string => list.split(',')[0] ?? list;

const URN = /^urn:li:([a-z_]+):(.+)$/is;
/** Kinds of urn that name a member; a company's number is not a member's. */
const OF_MEMBER = /profile|member|person/i;
const OPAQUE = /^a[a-z]{2}aa[\w-]+$/i;

/** Returns the id in a urn of a member; undefined if it is no such urn. */
function idInUrn(text: string): string | undefined {
  const [, kind = '', rest = ''] = URN.exec(text) ?? [];
  const list = /^\((.*)\)$/s.exec(rest)?.[1] ?? rest;
  const id = firstOf(list)
    .trim()
    .replace(/^profileId:/i, '');
  const isOfMember = OF_MEMBER.test(kind) || OPAQUE.test(id) || URN.test(id);
  return isOfMember && id !== '' ? id : undefined;
}

/** Returns the id in the fields of Sales Navigator's own calls; undefined if there are none. */
const idInFields = (text: string): string | undefined => /^\(profileId:([^,)]+)/i.exec(text)?.[1];

/** Returns the id of the member without its wrappings; the case stays as it is. */
export function bareMemberId(spelling: string): string {
  if (PLAIN.test(spelling)) return spelling; // one message is compared with hundreds of slots
  let text = trimmed(spelling);
  for (let round = 1; ; round += 1) {
    const read = trimmed(decoded(text));
    const id = trimmed(
      idInAddress(read) ?? idInUrn(read) ?? idInFields(read) ?? read.replace(/^@+(?=.)/s, ''),
    );
    if (id === '') return text;
    if (id.length >= text.length || round === WRAPPINGS_MAX) return id;
    text = id;
  }
}

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/**
 * A whole id of a member: 29 bytes as base64. Two bytes name the product, six are the member's
 * number, one is a 1, and twenty are unknown. Public pages that show both id and number agree.
 */
const WHOLE_ID = /^(ACo|ACw|AEM)([\w-]{7})([AEIMQUYcgkosw048])B[\w-]{27}$/;
const WHOLE_ID_LENGTH = 39;
/** A number of a member; LinkedIn's are far below 15 digits, so a longer number is not read. */
const NUMBER = /^[1-9]\d{0,14}$/;

/** Reads the member that a spelling names. */
export function memberOf(spelling: string): Member {
  const id = bareMemberId(spelling);
  const isPlain = PLAIN.test(id);
  const normal = isPlain ? id.toLowerCase() : id.toLowerCase().normalize('NFC');
  if (NUMBER.test(id)) return { normal, number: Number(id), kind: 'number' };
  const whole = id.length === WHOLE_ID_LENGTH ? WHOLE_ID.exec(id) : null;
  const [, kind = '', digits = '', last = ''] = whole ?? [];
  let number = 0;
  for (const digit of digits) number = number * 64 + BASE64URL.indexOf(digit);
  number = number * 16 + (BASE64URL.indexOf(last) >> 2);
  return kind !== '' && number > 0
    ? { normal, number, kind: KINDS.find((known) => known === kind) ?? null }
    : { normal, number: null, kind: null };
}
const KINDS = ['ACo', 'ACw', 'AEM'] as const;

/**
 * True if two spellings name one member: by their normal form, else by the number that ids of two
 * products contain. Two different ids of one product are two members, also with the same number.
 */
export function isSameMember(one: string, other: string): boolean {
  if (one === other) return true;
  const [a, b] = [memberOf(one), memberOf(other)];
  return a.normal === b.normal || (a.number !== null && a.number === b.number && a.kind !== b.kind);
}

/** True if two spellings have the same normal form and number, so that either may be used. */
export function hasSameIds(one: string, other: string): boolean {
  const [a, b] = [memberOf(one), memberOf(other)];
  return a.normal === b.normal && a.number === b.number;
}

/** Maximum characters of a key: an index of Postgres has a maximum size for its entries. */
const KEY_MAX = 400;

/**
 * Returns the form by which a search finds a member in any spelling, also by the id of another
 * product: LinkedIn's number of the member, otherwise the normal form.
 */
export function searchKeyOf(spelling: string): string {
  const { normal, number } = memberOf(spelling);
  return number === null ? Array.from(normal).slice(0, KEY_MAX).join('') : String(number);
}

const THREAD = /\/thread\/([^/?#]+)/i;
/** Kinds of urn that name a chat or a message; their last part alone is its id. */
const OF_CHAT = /conversation|thread|message|event/i;

/** Returns the normal form of a chat's or a message's id; its case counts. */
export function normalProof<Id extends string>(spelling: Id): Id {
  if (PLAIN.test(spelling)) return spelling;
  const normal = bareProof(spelling);
  return isNamed<Id>(normal) ? normal : spelling;
}
const isNamed = <Id extends string>(text: string): text is Id => text !== '';

function bareProof(spelling: string): string {
  let text = trimmed(spelling);
  for (let round = 1; ; round += 1) {
    const read = trimmed(decoded(text));
    const id = ADDRESS.test(read) ? THREAD.exec(read)?.[1] : lastInUrn(read);
    const next = trimmed(id ?? read);
    if (next.length >= text.length || round === WRAPPINGS_MAX) return next;
    text = next;
  }
}

/** Returns the last part of a urn of a chat or message; undefined if it is no such urn. */
function lastInUrn(text: string): string | undefined {
  const [, kind = '', rest = ''] = URN.exec(text) ?? [];
  return OF_CHAT.test(kind) ? /([^,()\s]+)\s*\)*$/.exec(rest)?.[1] : undefined;
}
