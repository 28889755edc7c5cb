/**
 * One normal form for LinkedIn's ids. Tools spell one member in many ways: `ACoAA…`,
 * `urn:li:fsd_profile:ACoAA…`, an address of the profile, in other case, with a blank at the end.
 * Accounts and sends are compared by the normal form; the spelling that came is kept and shown
 * (docs/linkedin-ids.md). Nothing here looks anything up: two spellings are one where they say so.
 */
import { seen } from './text.js';

/** What a spelling says of a member. */
export type Member = {
  /** The id without its wrapping, in lower case: what is compared, never what LinkedIn is sent. */
  readonly normal: string;
  /** LinkedIn's number of the member, where the spelling holds it; null: it does not. */
  readonly number: number | null;
  /** What the number was read from: an id of one product, or the number itself. */
  readonly kind: 'ACo' | 'ACw' | 'AEM' | 'number' | null;
};

/** Maximum times that an id is unwrapped: no tool wraps one so often, and work has a bound. */
const WRAPPINGS_MAX = 8;
/** Ids as nearly all come: they are wrapped in nothing. */
const PLAIN = /^[\w.=-]+$/;
/** Text that was copied brings blanks and characters that nobody sees. */
const trimmed = (text: string): string => seen(text.normalize('NFC')).trim();

const PERCENT = /%[0-9a-f]{2}/i;
/** Returns the text with `%3A` and the like read; what is no whole UTF-8 stays as it is. */
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

/** Returns the id in an address of a profile; undefined: it is no such address. */
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

/** `ACwAA…,NAME_SEARCH,xyz`: how the member was found follows the id. */
const firstOf = (list: string): string => list.split(',')[0] ?? list;

const URN = /^urn:li:([a-z_]+):(.+)$/is;
/** Kinds of urn that name a member; a company has numbers, too, and they are other numbers. */
const OF_MEMBER = /profile|member|person/i;
const OPAQUE = /^a[a-z]{2}aa[\w-]+$/i;

/** Returns the id in a urn of a member; undefined: it is no such urn. */
function idInUrn(text: string): string | undefined {
  const [, kind = '', rest = ''] = URN.exec(text) ?? [];
  const list = /^\((.*)\)$/s.exec(rest)?.[1] ?? rest;
  const id = firstOf(list)
    .trim()
    .replace(/^profileId:/i, '');
  const isOfMember = OF_MEMBER.test(kind) || OPAQUE.test(id) || URN.test(id);
  return isOfMember && id !== '' ? id : undefined;
}

/** Returns the id in the fields of Sales Navigator's own calls; undefined: there are none. */
const idInFields = (text: string): string | undefined => /^\(profileId:([^,)]+)/i.exec(text)?.[1];

/** Returns the id of the member without all that it is wrapped in; the case stays as it is. */
export function bareMemberId(spelling: string): string {
  if (PLAIN.test(spelling)) return spelling; // one message is held against hundreds of slots
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
 * A whole id of a member: 29 bytes as base64. Two name the product, six are the member's number,
 * one is a 1, and twenty cannot be reckoned. Ids and numbers published side by side agree in this.
 */
const WHOLE_ID = /^(ACo|ACw|AEM)([\w-]{7})([AEIMQUYcgkosw048])B[\w-]{27}$/;
const WHOLE_ID_LENGTH = 39;
/** LinkedIn's numbers are far below this; a longer one may be anything. */
const NUMBER = /^[1-9]\d{0,14}$/;

/** Returns what a spelling says of a member. */
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
 * True if two spellings are one member: by their normal form, else by the number that ids of two
 * products hold. Two ids of one product that differ are two members, whatever number they hold.
 */
export function isSameMember(one: string, other: string): boolean {
  if (one === other) return true;
  const [a, b] = [memberOf(one), memberOf(other)];
  return a.normal === b.normal || (a.number !== null && a.number === b.number && a.kind !== b.kind);
}

/** True if the two spellings say the same of a member, so that either may stand for the other. */
export function hasSameIds(one: string, other: string): boolean {
  const [a, b] = [memberOf(one), memberOf(other)];
  return a.normal === b.normal && a.number === b.number;
}

const THREAD = /\/thread\/([^/?#]+)/i;
/** Kinds of urn that name a chat or a message; their last part names it alone. */
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

/** Returns the last part of a urn of a chat or message; undefined: it is no such urn. */
function lastInUrn(text: string): string | undefined {
  const [, kind = '', rest = ''] = URN.exec(text) ?? [];
  return OF_CHAT.test(kind) ? /([^,()\s]+)\s*\)*$/.exec(rest)?.[1] : undefined;
}
