/** *Groups*: each group with the numbers of its accounts, and links to its lists (R26). */
import type { VNode } from 'preact';
import { ACCOUNT_STATES } from '../../../domain/gate/accountState.js';
import type { NumberedGroup } from '../../../postgres/groups/numbers.js';
import { many, whole } from '../ui/format.js';
import { Page, type Frame } from '../ui/layout.js';
import { Ago, Empty, Table, When } from '../ui/parts.js';
import { STATE_WORDS } from '../ui/words.js';
import { ListEnd } from './listEnd.js';
import { policyCommand } from './policyCommand.js';

/** `isWhole`: the key has the whole group, and may see its policy. */
export type GroupShown = NumberedGroup & { readonly isWhole: boolean };

type Props = {
  readonly frame: Frame;
  readonly groups: readonly GroupShown[];
  /** The address of the next page; null on the last one. */
  readonly next: string | null;
  /** True: this is the first page. */
  readonly isFirst: boolean;
};

const HEAD = [
  'Group',
  { figure: 'Accounts' },
  'States',
  { figure: 'Spent today' },
  { figure: 'Waiting' },
  { figure: 'Alerts' },
  'Policy of new accounts',
];

export const GroupsPage = ({ frame, groups, next, isFirst }: Props): VNode => (
  <Page frame={frame} title="Groups" here="fleet">
    <div class="head">
      <h1>Groups</h1>
      <p class="note">
        As of <When at={frame.now} show="full" />. Load the page again for newer numbers. The cap is
        the sum of the caps of today of connected accounts, without their weekly caps.
      </p>
      <p class="note">
        A new account takes from the policy of its group each setting that its connect leaves out.{' '}
        <code>safeband group set</code> replaces the whole policy: to change a part, use the form,
        or repeat the command of the group with another value.
      </p>
    </div>
    {groups.length === 0 ? (
      isFirst ? (
        <Empty>
          No account that this key may see has a group. Set one with{' '}
          <code>safeband configure &lt;account&gt; --group eu-sales</code>.
        </Empty>
      ) : (
        <Empty>No group follows.</Empty>
      )
    ) : (
      <>
        <Table caption="Groups" head={HEAD} stacks={true}>
          {groups.map((one) => (
            <Row key={one.group} one={one} frame={frame} />
          ))}
        </Table>
        <ListEnd shown={many(groups.length, 'group')} csv="/v1/groups?format=csv" next={next} />
      </>
    )}
  </Page>
);

type Shown = { readonly one: GroupShown; readonly frame: Frame };

/** Renders a group; each number is a link to its list. */
function Row({ one, frame }: Shown): VNode {
  const { group, accounts, states, counter, cap, waiting, alerts } = one;
  const of = (path: string, more = ''): string => `${path}?group=${group}${more}`;
  const known = ACCOUNT_STATES.flatMap((state) => {
    const count = states[state] ?? 0;
    return count === 0 ? [] : [{ state, count, ...STATE_WORDS[state] }];
  });
  return (
    <tr id={`group-${group}`}>
      <th scope="row">
        <a href={of('/accounts')}>{group}</a>
      </th>
      <td class="number" data-label="Accounts">
        {whole(accounts)}
      </td>
      <td data-label="States">
        {known.length === 0
          ? 'no account'
          : known.map(({ state, count, word, means }, n) => (
              <>
                {n === 0 ? '' : ', '}
                <a key={state} href={of('/accounts', `&state=${state}`)} title={means}>
                  {whole(count)} {word.toLowerCase()}
                </a>
              </>
            ))}
      </td>
      <td class="number" data-label="Spent today">
        {whole(counter)} of {whole(cap)}
      </td>
      <td class="number" data-label="Waiting">
        {waiting === 0 ? '0' : <a href={of('/waiting')}>{whole(waiting)}</a>}
      </td>
      <td class="number" data-label="Alerts">
        {alerts === 0 ? '0' : <a href={of('/alerts')}>{whole(alerts)}</a>}
      </td>
      <td class="wide" data-label="Policy of new accounts">
        <Policy one={one} frame={frame} />
      </td>
    </tr>
  );
}

/** Renders the policy of new accounts as the command that sets it, and who has set it. */
function Policy({ one, frame: { now, caller } }: Shown): VNode {
  const { group, defaults, changedBy, changedAt, isWhole } = one;
  if (!isWhole) return <span class="note">not shown to this key</span>;
  const hasPolicy = Object.keys(defaults).length > 0;
  return (
    <>
      {hasPolicy ? <code>{policyCommand(group, defaults)}</code> : 'the defaults of Safeband'}
      {changedAt === null ? null : (
        <span class="note">
          {' '}
          by {changedBy}, <Ago at={changedAt} now={now} />
        </span>
      )}
      {caller?.role === 'operator' ? (
        <>
          {' '}
          <a href={`/groups/${group}/policy`}>
            Change<span class="hidden"> the policy of {group}</span>
          </a>
        </>
      ) : null}
    </>
  );
}
