/** The panel that an on-call person sees first in the Temporal UI. */
import type { Entity } from '../domain/entity/entity.js';
import { explainStatus } from '../domain/diagnostics/why/statusGap.js';
import { startOf, isoInstant, type Instant } from '../domain/primitives/time.js';
import { numbersOf } from './status.js';

export function detailsOf(entity: Entity, at: Instant): string {
  const { account } = entity;
  const status = numbersOf(entity, at);
  const { caps, cooldown, hold } = status;
  const state = [
    `**${status.state}**`,
    ...(cooldown ? [`until ${cooldown.until} (${cooldown.cause})`] : []),
    ...(hold ? [`by ${hold.actor}: ${hold.reason}`] : []),
    ...(status.breakerUntil ? [`until ${status.breakerUntil}`] : []),
  ].join(' ');
  const inLog = status.delivered + status.external;
  const { inFlight, uncertain, delivered, external, imported, unexplained } = status;
  return [
    `### ${status.accountId} on ${status.quotaDay}`,
    '',
    rowOf('counter', 'delivered', 'gap', 'cap', 'remaining'),
    '| --: | --: | --: | --: | --: |',
    rowOf(
      status.counter,
      inLog,
      status.counter - inLog,
      `${caps.effective} (${caps.binding})`,
      status.remaining,
    ),
    '',
    `${status.counter} = ${inFlight} in flight + ${uncertain} uncertain + ${delivered} delivered` +
      ` + ${external} external + ${imported} imported + ${unexplained} unexplained;` +
      ` ${status.carried} carried from earlier days`,
    '',
    ...explainStatus(status).map(({ text, cause }) => (cause ? `- ${text}` : text)),
    '',
    `State: ${state}. Tier: ${status.tier}. Week: ${status.weekUsed} of ${caps.weekly}.` +
      ` Not saved yet: ${status.unsaved}. Next reset: ${isoInstant(startOf(account.day + 1))}.`,
  ].join('\n');
}

/** The UI sets cells side by side without a gap: each brings its own. */
const rowOf = (...cells: readonly (string | number)[]): string =>
  `|${cells.map((cell) => `\u2003${cell}`).join('|')}|`;
