/**
 * Each broken workflow fails the check of the rule that it breaks. A mutant is a copy of the sources
 * in which one text is replaced, and it runs on the real servers. All mutants run at the same time,
 * because they wait most of the time.
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { WORKFLOW_TYPE } from '../../src/temporal/protocol.js';
import { writeBundle } from '../support/bundle.js';
import { createStand, type Stand } from '../support/stand.js';
import { broken, dropCopies, flawBy, project, scratch, tableOf, type Mutant } from './mutant.js';
import { WORKFLOW_CHECKS, type WorkflowCheckName } from './workflowChecks.js';
import { WORKFLOW_MUTANTS } from './workflowMutants.js';

const caught = new Map<Mutant, string | undefined>();
afterAll(async () => {
  await dropCopies();
  process.stdout.write(tableOf(caught));
});

/** Long enough for a busy machine. A broken workflow that does nothing costs this time. */
const ours = { timeout: 90_000 };
const theirs = { timeout: 5_000 };
/** Fails if the check does not end in time: a broken workflow may never answer its caller. */
const SILENT_MS = 180_000;
const silent = (): Promise<string> => setTimeout(SILENT_MS, 'it does not answer', { ref: false });

/** All mutants share one bundle and one worker, so each broken workflow has its own type. */
const typeOf = (mutant?: Mutant<WorkflowCheckName>): string =>
  mutant ? `mutant${WORKFLOW_MUTANTS.indexOf(mutant)}` : WORKFLOW_TYPE;
async function bundleOfAll(): Promise<string> {
  const lines = await Promise.all(
    [undefined, ...WORKFLOW_MUTANTS].map(async (mutant) => {
      const sources = mutant ? await broken(mutant) : project;
      const home = path.join(sources, 'src', 'workflows', 'index.ts');
      return `export { inmailAccount as ${typeOf(mutant)} } from ${JSON.stringify(home)};\n`;
    }),
  );
  const entry = path.join(scratch, 'workflows.ts');
  await writeFile(entry, lines.join(''));
  const bundle = path.join(scratch, 'workflows.js');
  await writeBundle(bundle, entry);
  return bundle;
}

describe.concurrent('a check of the workflows', () => {
  let stand: Stand;
  const away = new Set<string>();
  const mixed = new Set<string>();
  beforeAll(async () => {
    stand = await createStand({
      workflowBundlePath: await bundleOfAll(),
      activities: (real) => ({
        reconcile: async (run) => {
          if (away.has(run.account.accountId)) throw new Error('the database is away');
          const done = await real.reconcile(run);
          return mixed.delete(run.account.accountId)
            ? Object.assign(done, { saved: false, owner: '', answerOf: 'claim' })
            : done;
        },
      }),
    });
  });
  afterAll(() => stand.close());

  it.for(Object.entries(WORKFLOW_CHECKS))(
    'a check of the workflows passes the workflow as it is: %s',
    async ([, check], { expect }) => {
      const bench = { stand, away, mixed, workflowType: typeOf(), patience: ours, expect };
      expect(await flawBy(() => check(bench))).toBeUndefined();
    },
  );

  it.for(WORKFLOW_MUTANTS.map((mutant) => [mutant.what, mutant] as const))(
    'catches: %s',
    async ([, mutant], { expect }) => {
      const bench = { stand, away, mixed, workflowType: typeOf(mutant), patience: theirs, expect };
      const flaw = flawBy(() => WORKFLOW_CHECKS[mutant.by](bench));
      caught.set(mutant, await Promise.race([flaw, silent()]));
      expect(caught.get(mutant)).toBeDefined();
    },
  );
});
