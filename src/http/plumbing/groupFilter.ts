/** The filter `group` of lists and pages (R26). */
import { Type } from 'typebox';
import { GROUP_WORDS, isGroup } from '../../domain/primitives/ids.js';
import { NO_GROUP, type GroupFilter } from '../../postgres/groups/members.js';
import { invalidInput } from './problems.js';

export const groupQuery = {
  group: Type.Optional(
    Type.String({
      maxLength: 200,
      description: 'Only accounts of this group; none: only accounts without a group.',
    }),
  ),
};

/** Returns the group of a query; null if it names none. Throws if the text is no group. */
export function groupIn(raw: unknown): GroupFilter {
  if (raw === undefined) return null;
  if (raw === NO_GROUP || isGroup(raw)) return raw;
  throw invalidInput(`group should be ${GROUP_WORDS}; or none for accounts without one`, 'group');
}

/** Returns the group of a page's address; text that is no group is ignored, as other filters. */
export const groupOfPage = (raw: unknown): GroupFilter =>
  raw === NO_GROUP || isGroup(raw) ? raw : null;
