import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take longest begin first, so that none of them is alone at the end. */
const LONGEST = [
  'integration/workflows/manualEdits',
  'chaos/spellings',
  'chaos/terminated',
  'chaos/lostTask',
  'integration/client/endOfRun',
  'chaos/durableSend',
  'browser/widths',
  'chaos/fullAccount',
  'mutants/database',
  'chaos/outage',
  'integration/http/sameAnswer',
  'chaos/pacing',
  'chaos/failing',
  'integration/operations/starts',
  'chaos/longOutage',
  'chaos/race',
  'chaos/stories',
  'chaos/killed',
  'browser/alerts',
  'mutants/workflows',
  'chaos/replayedReset',
  'browser/dashboard',
  'browser/share',
  'mutants/domain',
  'model/model',
  'simulation/simulation',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification): number => {
      const place = LONGEST.findIndex((name) => moduleId.endsWith(`test/${name}.test.ts`));
      if (place !== -1) return place;
      // The short files of a project follow each other, so that they can share a process.
      return LONGEST.length + (project.name === 'unit' ? 1 : 0);
    };
    // oxlint-disable-next-line unicorn/no-array-sort -- the sequencer's own method, not an array's
    const usual = await super.sort(files);
    return usual.toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    pool: 'forks', // the SDK's native module and its Runtime belong to one process
    maxWorkers: 4, // on two cores: a test on the servers waits for them more than it works
    sequence: { sequencer: LongestFirst },
    // Tests are bounded by numbers of cases. The limits below only end a test that hangs: no test has
    // a limit of its own, and each passes on a machine that is several times slower than ours.
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          isolate: false, // no file changes what another one sees, so modules are read once a process
          include: [
            'test/{unit,model,simulation,repository}/**/*.test.ts',
            'test/mutants/{checks,domain}.test.ts',
          ],
          setupFiles: ['test/support/seed.ts'],
          testTimeout: 900_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'server',
          isolate: false, // test/support/runtime.ts undoes what a file changes in its process
          include: [
            'test/{integration,chaos,browser}/**/*.test.ts',
            'test/mutants/{database,workflows}.test.ts',
          ],
          globalSetup: ['test/support/server.ts'], // provides temporalAddress, postgresUrl, workflowBundlePath
          setupFiles: ['test/support/seed.ts', 'test/support/runtime.ts'], // Runtime.install, before any Worker
          testTimeout: 900_000,
          hookTimeout: 900_000, // a file may wait for another file's worker
          // Each poll is usually a Query, which costs servers and worker more than the wait.
          expect: { poll: { timeout: 90_000, interval: 200 } },
        },
      },
    ],
  },
});
