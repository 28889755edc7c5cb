/** The domain as a parameter: the real one, or a broken one, in the same worlds. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';

export type Domain = typeof import('../../src/domain/account.js') &
  typeof import('../../src/domain/actor.js') &
  typeof import('../../src/domain/opening.js') &
  typeof import('../../src/domain/reserve.js') &
  typeof import('../../src/domain/deliver.js') &
  typeof import('../../src/domain/fail.js') &
  typeof import('../../src/domain/observe.js') &
  typeof import('../../src/domain/settings.js') &
  typeof import('../../src/domain/forecast.js') &
  typeof import('../../src/domain/facts.js') &
  typeof import('../../src/domain/gate.js') &
  typeof import('../../src/domain/merge.js') &
  typeof import('../../src/domain/reconcile.js') &
  typeof import('../../src/domain/roll.js') &
  typeof import('../../src/domain/time.js') &
  typeof import('../../src/domain/writes.js') &
  typeof import('../../src/domain/catchUp.js');

const FILES = [
  'account',
  'actor',
  'opening',
  'reserve',
  'deliver',
  'fail',
  'observe',
  'settings',
  'forecast',
  'facts',
  'gate',
  'merge',
  'reconcile',
  'roll',
  'time',
  'writes',
  'catchUp',
];

/** `.ts` as it is written, `.js` as it is built. */
const EXTENSION = path.extname(import.meta.url);

export async function loadDomain(folder: string): Promise<Domain> {
  const modules = await Promise.all(
    FILES.map(
      (name) =>
        import(/* @vite-ignore */ pathToFileURL(path.join(folder, `${name}${EXTENSION}`)).href),
    ),
  );
  return Object.assign({}, ...modules.map((one: object) => ({ ...one })));
}
