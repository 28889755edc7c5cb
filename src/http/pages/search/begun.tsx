/** A half-typed id of a filter, and the ids that begin with it. */
import type { VNode } from 'preact';
import { SEARCH_LIMIT } from '../../../domain/wire/search.js';
import { search, SearchTooLong } from '../../../postgres/read/searching.js';
import type { PageParts } from '../context.js';
import { Empty } from '../ui/parts.js';

/** Ids that begin with a text that is no id itself. */
export type Begun = {
  readonly name: 'accountId' | 'campaignId';
  readonly text: string;
  /** Null: too many ids begin with the text, or it is too short to search. */
  readonly ids: readonly string[] | null;
  readonly isCut: boolean;
};
/** Minimum characters of a half-typed id: fewer match too much to be of use. */
const BEGUN_MIN = 2;
/** Returns what a half-typed id may become, of the accounts that the caller may see. */
export async function begunBy(
  name: Begun['name'],
  text: string,
  { pool, now }: Pick<PageParts, 'pool' | 'now'>,
  accounts: readonly string[] | null,
): Promise<Begun> {
  const none = { name, text, ids: null, isCut: false };
  if (text.length < BEGUN_MIN) return none;
  try {
    const found = await search(pool, { text, accounts, limit: SEARCH_LIMIT, at: now() });
    const ids =
      name === 'accountId'
        ? found.accounts.items.map((one) => one.accountId)
        : found.campaigns.items.map((one) => one.campaignId);
    const { isCut } = name === 'accountId' ? found.accounts : found.campaigns;
    return { name, text, ids, isCut };
  } catch (error) {
    if (error instanceof SearchTooLong) return none;
    throw error;
  }
}

const NOUN = { accountId: 'account', campaignId: 'campaign' } as const;

/** Renders what a half-typed id may become: each is a link to its list. */
export function Beginnings({
  begun: { name, text, ids, isCut },
  path,
  query,
}: {
  readonly begun: Begun;
  readonly path: string;
  /** What the links keep; an empty text is no filter. */
  readonly query: { readonly [name: string]: string };
}): VNode {
  const noun = NOUN[name];
  if (ids === null) return <Empty>Type more of the {noun}.</Empty>;
  if (ids.length === 0) {
    return (
      <Empty>
        No {noun} begins with “{text}”.
      </Empty>
    );
  }
  const addressOf = (id: string): string => {
    const chosen = Object.entries({ ...query, [name]: id }).filter(([, value]) => value !== '');
    return `${path}?${new URLSearchParams(chosen).toString()}`;
  };
  return (
    <section aria-labelledby="begun-title">
      <h2 id="begun-title">
        Begins with “{text}”: choose the {noun}
      </h2>
      <ul class="plain" id="begun">
        {ids.map((id) => (
          <li key={id}>
            <a href={addressOf(id)}>{id}</a>
          </li>
        ))}
      </ul>
      {isCut ? <p class="note">There are more. Type more of the {noun}.</p> : null}
    </section>
  );
}
