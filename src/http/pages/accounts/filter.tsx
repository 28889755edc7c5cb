/** The search, the filters and the order of the list of accounts. */
import type { VNode } from 'preact';
import { SENDINGS } from '../../../domain/wire/canSend.js';
import type { Counts } from '../../../postgres/list/selecting.js';
import { GroupChoice } from '../groups/groupChoice.js';
import { whole } from '../ui/format.js';
import { SENDING_WORDS, STATE_WORDS, STATES } from '../ui/words.js';
import { SORTS, type Ask } from './accountsView.js';

/** Each change applies at once; without a script, the button applies it. */
export const Filter = ({
  ask,
  all,
  counts,
}: {
  readonly ask: Ask;
  readonly all: number;
  readonly counts: Counts | null;
}): VNode => (
  <form class="filter" method="get" action="/accounts" role="search" data-apply="now">
    <label>
      Search
      <input type="search" name="q" value={ask.search} maxLength={128} placeholder="account id" />
    </label>
    <label>
      State
      <select name="state">
        <option value="">all ({whole(all)})</option>
        {STATES.map((state) => (
          <option key={state} value={state} selected={state === ask.state}>
            {STATE_WORDS[state].word}
            {counts === null ? '' : ` (${whole(counts.byState[state])})`}
          </option>
        ))}
      </select>
    </label>
    <label>
      Can it send?
      <select name="send">
        <option value="">all</option>
        {SENDINGS.map((sending) => (
          <option key={sending} value={sending} selected={sending === ask.sending}>
            {SENDING_WORDS[sending].word}
            {counts === null ? '' : ` (${whole(counts.bySending[sending])})`}
          </option>
        ))}
      </select>
    </label>
    <GroupChoice group={ask.group} groups={counts?.byGroup ?? []} />
    <label>
      Sort by
      <select name="sort">
        {Object.entries(SORTS).map(([name, word]) => (
          <option key={name} value={name === 'id' ? '' : name} selected={name === ask.sort}>
            {word}
          </option>
        ))}
      </select>
    </label>
    <label class="check">
      <input type="checkbox" name="dir" value="desc" checked={ask.isDescending} /> descending
    </label>
    <noscript>
      <button type="submit">Show</button>
    </noscript>
  </form>
);
