/** The domain as a parameter, so that model, simulation and mutants use the real or a broken one. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';

export type Domain = typeof import('../../src/domain/entity/entity.js') &
  typeof import('../../src/domain/entity/writes.js') &
  typeof import('../../src/domain/entity/outbox.js') &
  typeof import('../../src/domain/entity/restore.js') &
  typeof import('../../src/domain/entity/bareAccount.js') &
  typeof import('../../src/domain/commands/reserve.js') &
  typeof import('../../src/domain/commands/line.js') &
  typeof import('../../src/domain/commands/turns.js') &
  typeof import('../../src/domain/commands/deliver.js') &
  typeof import('../../src/domain/commands/credits.js') &
  typeof import('../../src/domain/commands/reply.js') &
  typeof import('../../src/domain/commands/fail.js') &
  typeof import('../../src/domain/commands/settle.js') &
  typeof import('../../src/domain/account/slot.js') &
  typeof import('../../src/domain/commands/observe.js') &
  typeof import('../../src/domain/commands/administer.js') &
  typeof import('../../src/domain/gate/accountState.js') &
  typeof import('../../src/domain/wire/responses.js') &
  typeof import('../../src/domain/wire/decisions.js') &
  typeof import('../../src/domain/days/forecast.js') &
  typeof import('../../src/domain/days/slotTimes.js') &
  typeof import('../../src/domain/records/toRecords.js') &
  typeof import('../../src/domain/days/rollover.js') &
  typeof import('../../src/domain/gate/cooldown.js') &
  typeof import('../../src/domain/account/account.js') &
  typeof import('../../src/domain/account/counter.js') &
  typeof import('../../src/domain/account/proof.js') &
  typeof import('../../src/domain/reconcile/reconcile.js') &
  typeof import('../../src/domain/reconcile/merge.js') &
  typeof import('../../src/domain/records/fromRecords.js') &
  typeof import('../../src/domain/reconcile/fleetAudit.js') &
  typeof import('../../src/domain/entity/lastRun.js') &
  typeof import('../../src/domain/entity/catchUp.js') &
  typeof import('../../src/domain/entity/lookup.js') &
  typeof import('../../src/domain/wire/requests.js') &
  typeof import('../../src/domain/wire/queryRequests.js') &
  typeof import('../../src/domain/wire/replyTo.js') &
  typeof import('../../src/domain/primitives/text.js') &
  typeof import('../../src/domain/primitives/csv.js') &
  typeof import('../../src/domain/reconcile/crowd.js') &
  typeof import('../../src/domain/records/readParts.js') &
  typeof import('../../src/domain/gate/gate.js') &
  typeof import('../../src/domain/diagnostics/why/customer.js') &
  typeof import('../../src/domain/wire/canSend.js') &
  typeof import('../../src/domain/diagnostics/alerts/act.js') &
  typeof import('../../src/domain/fleet/brake.js') &
  typeof import('../../src/domain/fleet/brakeHolds.js') &
  typeof import('../../src/domain/fleet/order.js') &
  typeof import('../../src/domain/fleet/contactClaims.js') &
  typeof import('../../src/domain/account/evolve.js') &
  typeof import('../../src/domain/primitives/time.js');

/** The files of `src/domain` whose exports are the domain. */
export const DOMAIN_FILES = [
  'fleet/brake',
  'fleet/brakeHolds',
  'fleet/order',
  'fleet/contactClaims',
  'account/evolve',
  'entity/entity',
  'entity/writes',
  'entity/outbox',
  'entity/restore',
  'entity/bareAccount',
  'commands/reserve',
  'commands/line',
  'commands/turns',
  'commands/deliver',
  'commands/credits',
  'commands/reply',
  'commands/fail',
  'commands/settle',
  'account/slot',
  'commands/observe',
  'commands/administer',
  'gate/accountState',
  'wire/responses',
  'wire/decisions',
  'days/forecast',
  'days/slotTimes',
  'records/toRecords',
  'days/rollover',
  'gate/cooldown',
  'account/account',
  'account/counter',
  'account/proof',
  'reconcile/reconcile',
  'reconcile/merge',
  'records/fromRecords',
  'reconcile/fleetAudit',
  'entity/lastRun',
  'entity/catchUp',
  'entity/lookup',
  'wire/requests',
  'wire/queryRequests',
  'wire/replyTo',
  'primitives/text',
  'primitives/csv',
  'reconcile/crowd',
  'records/readParts',
  'gate/gate',
  'diagnostics/why/customer',
  'wire/canSend',
  'diagnostics/alerts/act',
  'primitives/time',
];

/** The extension of this file: `.ts` in the sources, `.js` after a build. */
const EXTENSION = path.extname(import.meta.url);

/** Loads the domain; with other names, these files, which include the domain. */
export async function loadDomain<All extends Domain = Domain>(
  folder: string,
  files: readonly string[] = DOMAIN_FILES,
): Promise<All> {
  const modules = await Promise.all(
    files.map(
      (name) =>
        import(/* @vite-ignore */ pathToFileURL(path.join(folder, `${name}${EXTENSION}`)).href),
    ),
  );
  return Object.assign({}, ...modules.map((one: object) => ({ ...one })));
}
