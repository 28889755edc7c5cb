/** `safeband/workflows`: the durable send, for pipelines that are on Temporal. */
export { inmailSend } from './inmailSend.js';
export type { InmailSend, InmailSendRequest, InmailSendResult } from './types.js';
