/** The learnt ceiling once more, naively: written from the sentences of R25. */

import type { Reference } from './reference.js';

/** No cap at all. */
const NONE = 1e9;

export class Ceiling {
  cap = NONE;
  /** The last day on which it cannot grow. */
  until = -1;
  /** What became of it at midnights. */
  readonly happened: string[] = [];

  copy(): Ceiling {
    const { cap, until } = this;
    return Object.assign(new Ceiling(), { cap, until });
  }

  /** LinkedIn refused a send on a day with that many InMails, the refused one included. */
  refused(spent: number, today: number, band: number): void {
    const cap = Math.max(1, Math.floor(0.8 * spent + 1e-9));
    if (cap >= band) return;
    this.cap = Math.min(this.cap, cap);
    this.until = today + 7;
  }

  /** A day ends; it was clean if an own InMail was delivered. */
  closes(day: number, isClean: boolean, band: number): void {
    if (this.cap === NONE || day < this.until || !isClean) return;
    const next = Math.max(this.cap + 1, Math.floor(this.cap * 1.1 + 1e-9));
    this.cap = next >= band ? NONE : next;
    this.happened.push(this.cap === NONE ? 'ended' : 'grew');
  }

  /** The ceiling as the account keeps it. */
  get known(): number | null {
    return this.cap === NONE ? null : this.cap;
  }
}

/** How many InMails had gone out on that day, with this one; of an old or unknown id, today. */
export function learns(ref: Reference, id: string, band: number): void {
  const mine = ref.find(id);
  const isOld = mine === undefined || mine.day <= ref.day - 7;
  const day = isOld ? ref.day : mine.day;
  const carried = day === ref.day ? ref.carriedNow().length : 0;
  const refused = mine?.state === 'released' ? 1 : 0;
  ref.ceiling.refused(ref.counter(day) + carried + refused, ref.day, band);
}
