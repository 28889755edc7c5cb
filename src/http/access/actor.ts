/** Who is named in the list of changes: always the key, and whom its holder says it acts for. */
import { ACTOR_MAX } from '../../domain/primitives/text.js';
import { isWellFormed } from '../../domain/primitives/ids.js';
import { isOwnName } from '../../postgres/access/keys.js';
import { invalidInput } from '../plumbing/problems.js';
import type { Caller } from './caller.js';

/** The key's name; with somebody named, `ada via <name>`, cut to what a workflow takes. */
export function actorOf({ name }: Caller, said: string | null | undefined): string {
  if (said === undefined || said === null || said === name) return name;
  if (isOwnName(said)) {
    throw invalidInput('actor should name a person or a program, not the system itself', 'actor');
  }
  const suffix = ` via ${name}`;
  const room = ACTOR_MAX - suffix.length;
  if (said.length <= room) return said + suffix;
  const cut = said.slice(0, room - 1);
  return `${isWellFormed(cut) ? cut : cut.slice(0, -1)}…${suffix}`;
}
