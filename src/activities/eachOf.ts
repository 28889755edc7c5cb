/** Does one thing for many accounts, several at a time. */
import { heartbeat } from '@temporalio/activity';
import pLimit from 'p-limit';

/** Maximum calls that run at once. */
const AT_ONCE = 20;

/** Does `work`, which throws nothing, for each of the accounts, and heartbeats after each. */
export async function eachOf(
  accountIds: readonly string[],
  work: (accountId: string) => Promise<void>,
): Promise<void> {
  let done = 0;
  await pLimit(AT_ONCE).map(accountIds, async (accountId) => {
    await work(accountId);
    heartbeat((done += 1));
  });
}
