/** What a worker can run. */
export { inmailAccount } from './inmailAccount.js';
