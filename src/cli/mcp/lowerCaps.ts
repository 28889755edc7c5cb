/** Lowers the caps of an account for an agent, which may never raise one. */
import { usage } from '../errors.js';
import { having } from '../source/answers.js';
import type { Http } from '../source/http.js';
import { pathOf, type Args } from './tool.js';

type Caps = { readonly daily: number; readonly weekly: number };
const NAMES = [
  ['dailyCap', 'daily'],
  ['weeklyCap', 'weekly'],
] as const;

/**
 * Sets the caps that `args` names. Throws if none is named, or if one is not below the cap that the
 * account has now: its own cap, or that of the safe band if it has none.
 */
export async function lowerCaps(http: Http, args: Args): Promise<unknown> {
  const status = having<{ readonly caps: Caps }>(await http.get(`${pathOf(args)}/status`), [
    'caps',
  ]);
  const change: Record<string, number> = {};
  for (const [name, cap] of NAMES) {
    const wanted = args[name];
    if (wanted === undefined) continue;
    const present = status.caps[cap];
    if (
      typeof wanted !== 'number' ||
      !Number.isInteger(wanted) ||
      wanted < 0 ||
      wanted >= present
    ) {
      throw usage(
        `${name} should be a whole number from 0 to ${present - 1}, because the account has ` +
          `${present} now, and only a person raises a cap`,
      );
    }
    change[name] = wanted;
  }
  if (Object.keys(change).length === 0) throw usage('dailyCap or weeklyCap should be given');
  return http.post(`${pathOf(args)}/configure`, change);
}
