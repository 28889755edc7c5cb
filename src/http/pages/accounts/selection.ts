/** Selects the accounts of a page, and reads their rows. */
import { sendingOf } from '../../../domain/wire/canSend.js';
import type { AccountList, Asked } from './accountList.js';
import type { ListShown } from './accounts.js';
import { matcherOf, selected, type Ask } from './accountsView.js';

/**
 * Returns the rows of a page of the list. If the rows differ from the list, which may be some
 * seconds older, the page is selected again, so that each row matches the filters.
 */
export async function accountsOf(
  accounts: AccountList,
  asked: Asked,
  ask: Ask,
): Promise<ListShown> {
  for (let isFirst = true; ; isFirst = false) {
    const reading = await accounts.read({ ...asked, isFresh: isFirst && asked.isFresh });
    const { entries } = reading;
    if (entries.unread > 0 && asked.needsNumbers) return { reading, list: null };
    const { ids, ...place } = selected(entries, ask);
    const { rows, isMoved, failure } = await accounts.rows(ids, asked.isFresh);
    if (isFirst && isMoved && entries.unread === 0) continue;
    const matches = matcherOf(ask);
    const shown = rows.filter((row) => matches({ ...row, sending: sendingOf(row) }));
    const readAt = rows.length === 0 ? reading.readAt : Math.min(...rows.map(({ asOf }) => asOf));
    return { reading: { ...reading, readAt, failure }, list: { ...place, shown } };
  }
}
