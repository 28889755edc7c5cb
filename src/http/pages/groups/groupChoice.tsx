/** The filter `group` of pages (R26): a list of groups, or a field for the name of one. */
import type { VNode } from 'preact';
import { NO_GROUP, type GroupCount, type GroupFilter } from '../../../postgres/groups/members.js';
import { whole } from '../ui/format.js';

/** Maximum groups of a list; for more, a reader types the name. */
export const LISTED_MAX = 50;

type Props = { readonly group: GroupFilter; readonly groups: readonly GroupCount[] };

/** Renders a form with this filter alone; a change applies at once. */
export const GroupForm = ({
  action,
  ...choice
}: Props & { readonly action: string }): VNode | null =>
  choice.groups.length === 0 && choice.group === null ? null : (
    <form class="filter" method="get" action={action} role="search" data-apply="now">
      <GroupChoice {...choice} />
      <noscript>
        <button type="submit">Show</button>
      </noscript>
    </form>
  );

/** Renders the filter; nothing if no account has a group. */
export function GroupChoice({ group, groups }: Props): VNode | null {
  if (groups.length === 0 && group === null) return null;
  if (groups.length > LISTED_MAX) {
    return (
      <label>
        Group
        <input type="search" name="group" value={group ?? ''} maxLength={64} placeholder="group" />
      </label>
    );
  }
  const isKnown = group === null || group === NO_GROUP || groups.some((one) => one.group === group);
  return (
    <label>
      Group
      <select name="group">
        <option value="">all</option>
        {groups.map((one) => (
          <option key={one.group} value={one.group} selected={one.group === group}>
            {one.group} ({whole(one.accounts)})
          </option>
        ))}
        {isKnown ? null : (
          <option value={group} selected={true}>
            {group} (0)
          </option>
        )}
        <option value={NO_GROUP} selected={group === NO_GROUP}>
          without a group
        </option>
      </select>
    </label>
  );
}
