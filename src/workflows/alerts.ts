/** A Signal has no caller to answer: its faults become alerts (docs/contract.md, 2). */
import { alert } from '../domain/account/events.js';
import type { AccountRun } from './accountRun.js';
import type { Trouble } from './inHand.js';
/** Kept while the account is read back; one alert of a kind is written in any case. */
const EARLY_MAX = 50;

export function raise(self: AccountRun, kind: Trouble['kind'], message: string, why: string): void {
  if (self.entity) tellOf(self, { kind, message, why });
  else if (self.early.length < EARLY_MAX) self.early.push({ kind, message, why });
}

/** Raises what was found before the account was read back. */
export function raiseEarly(self: AccountRun): void {
  for (const trouble of self.early.splice(0)) tellOf(self, trouble);
}

function tellOf(self: AccountRun, { kind, message, why }: Trouble): void {
  const details = { signal: message.slice(0, 200), message: why.slice(0, 500) };
  self.execute(() => ({ events: [alert(kind, 'warning', details)], answer: null }), null);
}

export const complain = (self: AccountRun, message: string, why: string): void =>
  raise(self, 'bad_signal', message, why);
