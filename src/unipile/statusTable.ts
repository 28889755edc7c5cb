/** What each status of an account at Unipile means for the account in Safeband. */

/**
 * - `disconnect`: Unipile cannot send for the account, so every ask is denied.
 * - `connect`: Unipile can send again. This ends only a disconnect that Unipile's webhook ordered.
 * - `hold`: Unipile no longer sees the account, so Safeband does not see what people send manually.
 *   A person resumes the account.
 * - `nothing`: the status is temporary.
 */
export type StatusOrder = 'disconnect' | 'connect' | 'hold' | 'nothing';

export const UNIPILE_STATUSES: Readonly<Record<string, StatusOrder>> = {
  OK: 'connect',
  RECONNECTED: 'connect',
  CREATION_SUCCESS: 'connect',
  SYNC_SUCCESS: 'nothing',
  CONNECTING: 'nothing',
  CREDENTIALS: 'disconnect',
  PERMISSIONS: 'disconnect',
  DELETED: 'disconnect',
  ERROR: 'hold',
  STOPPED: 'hold',
};

/** Returns the order of a status; undefined if no page of Unipile documents the status. */
export const orderOf = (status: string): StatusOrder | undefined =>
  Object.hasOwn(UNIPILE_STATUSES, status) ? UNIPILE_STATUSES[status] : undefined;
