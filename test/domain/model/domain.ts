/** The domain as a parameter: the real one, or a mutant of it. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';

export type Domain = typeof import('../../../src/domain/actor.js') &
  typeof import('../../../src/domain/opening.js') &
  typeof import('../../../src/domain/reserve.js') &
  typeof import('../../../src/domain/deliver.js') &
  typeof import('../../../src/domain/fail.js') &
  typeof import('../../../src/domain/observe.js') &
  typeof import('../../../src/domain/settings.js') &
  typeof import('../../../src/domain/wire.js') &
  typeof import('../../../src/domain/forecast.js') &
  typeof import('../../../src/domain/facts.js') &
  typeof import('../../../src/domain/roll.js') &
  typeof import('../../../src/domain/account.js') &
  typeof import('../../../src/domain/reconcile.js') &
  typeof import('../../../src/domain/merge.js') &
  typeof import('../../../src/domain/audit.js') &
  typeof import('../../../src/domain/lastRun.js') &
  typeof import('../../../src/domain/catchUp.js') &
  typeof import('../../../src/domain/lookup.js') &
  typeof import('../../../src/domain/messages.js') &
  typeof import('../../../src/domain/replyTo.js') &
  typeof import('../../../src/domain/text.js') &
  typeof import('../../../src/domain/crowd.js') &
  typeof import('../../../src/domain/readParts.js');

const FILES = [
  'actor',
  'opening',
  'reserve',
  'deliver',
  'fail',
  'observe',
  'settings',
  'wire',
  'forecast',
  'facts',
  'roll',
  'account',
  'reconcile',
  'merge',
  'audit',
  'lastRun',
  'catchUp',
  'lookup',
  'messages',
  'replyTo',
  'text',
  'crowd',
  'readParts',
];

export async function loadDomain(folder: string): Promise<Domain> {
  const modules = await Promise.all(
    FILES.map(
      (name) => import(/* @vite-ignore */ pathToFileURL(path.join(folder, `${name}.ts`)).href),
    ),
  );
  return Object.assign({}, ...modules.map((one: object) => ({ ...one })));
}
