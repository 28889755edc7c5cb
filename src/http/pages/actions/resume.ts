/** What a resume ends: it is offered only if it ends something. */
import type { Instant } from '../../../domain/primitives/time.js';
import type { Numbers } from '../ui/numbers.js';

/** Returns the sentences about what a resume ends now; null if it ends nothing. */
export function endsByResume(
  { hold, breakerUntil, cooldown }: Pick<Numbers, 'hold' | 'breakerUntil' | 'cooldown'>,
  now: Instant,
): string | null {
  const isStopped = breakerUntil !== null && breakerUntil > now;
  const isUnclean = cooldown?.cause === 'unclean_end' && cooldown.until > now;
  const ends = [
    hold === null ? '' : 'The hold ends.',
    isStopped ? 'The stop because of used-up InMail credits ends.' : '',
    isUnclean ? 'The cooldown after the unclean end ends, because you confirm the numbers.' : '',
  ].filter(Boolean);
  return ends.length === 0 ? null : ends.join(' ');
}
