/** The actor in the list of changes: always the key, and the person that its holder names. */
import { ACTOR_MAX } from '../../domain/primitives/text.js';
import { isWellFormed } from '../../domain/primitives/ids.js';
import { isOwnName } from '../../postgres/access/keys.js';
import { invalidInput } from '../plumbing/problems.js';
import type { Caller } from './caller.js';

/** Returns the key's name, or `ada via <name>` if the request names a person, cut to its limit. */
export function actorOf({ name }: Caller, named: string | null | undefined): string {
  if (named === undefined || named === null || named === name) return name;
  if (isOwnName(named)) {
    throw invalidInput(
      'actor should name a person or another program; Safeband itself cannot be the actor',
      'actor',
    );
  }
  const suffix = ` via ${name}`;
  const room = ACTOR_MAX - suffix.length;
  if (named.length <= room) return named + suffix;
  const cut = named.slice(0, room - 1);
  return `${isWellFormed(cut) ? cut : cut.slice(0, -1)}…${suffix}`;
}
