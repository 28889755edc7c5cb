/** No recipient twice once more, naively: written from the sentences of R20. */
import type { Res } from './kept.js';

/** Upper and lower case are one normal form. */
export const isSamePerson = (one: string | undefined, other: string | undefined): boolean =>
  one?.toLowerCase() === other?.toLowerCase();

/** The reservations that refuse this recipient: of all that the account remembers. */
export const contactsOf = (known: readonly Res[], recipient: string | undefined): readonly Res[] =>
  known.filter(
    (r) =>
      recipient !== undefined && isSamePerson(r.recipient, recipient) && r.state !== 'released',
  );

/** Those of them that may be named: an open one comes first, else one that is remembered longest. */
export function namedOf(contacts: readonly Res[], today: number): readonly string[] {
  const open = contacts.filter((r) => r.state === 'in_flight' || r.state === 'uncertain');
  const lastDay = (r: Res): number => Math.max(r.day + 2, today);
  const longest = Math.max(...contacts.map(lastDay));
  const named = open.length > 0 ? open : contacts.filter((r) => lastDay(r) === longest);
  return named.map((r) => r.id);
}
