/** A Signal has no caller to answer: its faults become alerts (docs/contract.md, 2). */
import { alert } from '../domain/account/events.js';
import type { AccountRun } from './accountRun.js';
import type { Trouble } from './inHand.js';
/** Maximum faults kept while the account is read back; each kind gets only one alert anyway. */
const EARLY_MAX = 50;

export function raise(self: AccountRun, kind: Trouble['kind'], message: string, why: string): void {
  if (self.entity) raiseNow(self, { kind, message, why });
  else if (self.early.length < EARLY_MAX) self.early.push({ kind, message, why });
}

/** Raises the faults that were found before the account was read back. */
export function raiseEarly(self: AccountRun): void {
  for (const trouble of self.early.splice(0)) raiseNow(self, trouble);
}

function raiseNow(self: AccountRun, { kind, message, why }: Trouble): void {
  const details = { signal: message.slice(0, 200), message: why.slice(0, 500) };
  self.execute(() => ({ events: [alert(kind, 'warning', details)], answer: null }), null);
}

export const complain = (self: AccountRun, message: string, why: string): void =>
  raise(self, 'bad_signal', message, why);
