/** What a worker can run. */
export { inmailAccount } from './inmailAccount.js';
export { inmailBrake } from './fleet/inmailBrake.js';
export { inmailOrder } from './fleet/inmailOrder.js';
export { inmailFleetAudit } from './inmailFleetAudit.js';
export { inmailWebhooks } from './inmailWebhooks.js';
