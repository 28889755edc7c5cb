/** Does one thing for many accounts, several at a time. */
import { heartbeat } from '@temporalio/activity';

/** Maximum calls that run at once. */
const AT_ONCE = 20;

/** Does `work`, which throws nothing, for each of the accounts, and heartbeats after each. */
export async function eachOf(
  accountIds: readonly string[],
  work: (accountId: string) => Promise<void>,
): Promise<void> {
  let done = 0;
  const waiting = accountIds.values();
  const next = async (): Promise<void> => {
    for (const accountId of waiting) {
      await work(accountId);
      heartbeat((done += 1));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
}
