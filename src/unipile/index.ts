/** `safeband/unipile`: sends InMails through Unipile, and reads what Unipile's webhooks report. */
export {
  createUnipile,
  type Unipile,
  type UnipileApi,
  type UnipileBalance,
  type UnipileLetter,
  type UnipileOptions,
  type UnipileStatus,
} from './adapter.js';
export { DOCUMENTED_ERRORS, type DocumentedError } from './documented.js';
export { kindOf, UNIPILE_ERRORS } from './errorTable.js';
export {
  IGNORED,
  readUnipileEvent,
  type EventFlaw,
  type Ignored,
  type Read,
  type UnipileEvent,
} from './events.js';
export { orderOf, UNIPILE_STATUSES, type StatusOrder } from './statusTable.js';
