/** The status of an account over HTTP: the result of the status reader, and its ETag. */
import { createHash } from 'node:crypto';
import type { Static } from 'typebox';
import type { StatusRead } from '../status/readStatus.js';
import type { status } from './schemas/answers.js';

export type StatusAnswer = Static<typeof status>;

/** Copies the list, because the schema's type is one that may be changed. */
export const answerOf = (read: StatusRead): StatusAnswer => ({
  ...read,
  openReservations: [...read.openReservations],
  denials: read.denials && { ...read.denials },
  edited: read.edited && { ...read.edited, columns: [...read.edited.columns] },
});

/**
 * Weak, because `asOf`, `ageSeconds` and the length of time in a line differ in each answer. The version alone is not enough:
 * cooldowns end and days begin without a change, so the tag has a hash of everything else.
 */
export function etagOf(status: StatusRead): string {
  const canSend = { ...status.canSend, line: '' };
  const shown = JSON.stringify({ ...status, canSend, asOf: '', ageSeconds: 0 });
  const hash = createHash('sha256').update(shown).digest('base64url');
  return `W/"${status.version}-${hash.slice(0, 16)}"`;
}

/** True if the caller has that answer already. */
export const hasIt = (ifNoneMatch: string | undefined, etag: string): boolean =>
  ifNoneMatch !== undefined &&
  ifNoneMatch.split(',').some((one) => ['*', etag, etag.slice(2)].includes(one.trim()));
