/** The parts of a gap in words, for one InMail or more, and which parts are normal. */
import { assertNever } from '../primitives/assert.js';
import type { GapPart } from './breakdown.js';

/** True if no person has to check the part: it is usual while InMails are sent. */
export const isNormal = ({ cause, reservations }: GapPart): boolean =>
  cause === 'in_flight' ||
  cause === 'imported' ||
  (cause === 'external' && reservations.length > 0);

/**
 * Returns what a part is, as the middle of a sentence, and the sentence after it. `isPast`: a
 * reconcile has corrected the gap.
 */
export function phraseOf(
  { cause, count, reservations }: GapPart,
  isOne: boolean,
  isPast = false,
): string {
  const [its, it, them] = isOne ? ['its', 'it', 'it'] : ['their', 'they', 'them'];
  switch (cause) {
    case 'in_flight':
      return (
        'in flight: reserved before the call, and not reported back' +
        `${isPast ? ' then' : ' yet'}. This is normal.`
      );
    case 'uncertain':
      return (
        `uncertain: ${it} may or may not have reached LinkedIn.` +
        ` To be safe, ${stays(isOne, isPast)} spent.`
      );
    case 'lost_rollback':
      return (
        `never sent, according to the send pipeline's journal, and not released.` +
        ' This happens if a pipeline stops before it reports.'
      );
    case 'missing_event':
      return (
        `delivered with proof, and the event log had no row of ${them}.` +
        ' This happens if a report is lost.'
      );
    case 'late_delivery':
      return (
        `delivered after the release of ${its} ${isOne ? 'slot' : 'slots'}:` +
        ` LinkedIn had accepted ${them}.` +
        ' This is rare.'
      );
    case 'external':
      return reservations.length > 0 ? elsewhere(count, its) : sentManually(count, them, isPast);
    case 'bypassed_gate':
      return 'sent or begun without a reserved slot. This is not normal.';
    case 'edited_by_hand':
      return 'not from InMails: the number was edited manually. This is not normal.';
    case 'imported':
      return 'imported: sent by another system before the account was connected. This is normal.';
    case 'unexplained':
      return (
        'not explained: the start of the account set this number,' +
        ' and no InMail accounts for it.'
      );
    default:
      return assertNever(cause);
  }
}

const stays = (isOne: boolean, isPast: boolean): string => {
  if (isPast) return isOne ? 'its slot stayed' : 'their slots stayed';
  return isOne ? 'its slot stays' : 'their slots stay';
};

const sentManually = (count: number, them: string | undefined, isPast: boolean): string =>
  count > 0
    ? `counted as sent manually, and the event log ${isPast ? 'had' : 'has'} no row of ${them}.`
    : `sent manually or by another program, and not counted ${isPast ? 'then' : 'yet'}.`;

const elsewhere = (count: number, its: string | undefined): string =>
  count > 0
    ? `counted on ${its} own day, and logged under the day on which LinkedIn showed it, or in one` +
      ' row with another InMail of the same chat. This is normal.'
    : `counted on ${its} own day, or by another row of the same InMail. This is normal.`;
