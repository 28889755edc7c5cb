/** The gate of a deploy: these workflows can continue recorded histories, changed workflows cannot. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import {
  recordingsIn,
  replayed,
  type Recording,
  type Verdict,
} from '../../../src/temporal/replayGate.js';
import { dropCopies } from '../../mutants/mutant.js';
import { bundleOf, PATCHED_TIMERS, SECOND_TIMERS, type Change } from '../../support/changed.js';

const RECORDED = 'test/histories';

/** Changes that would fail the tasks of running accounts, each with a recording that shows it. */
const REFUSED: Readonly<Record<string, Change & { readonly shows: string }>> = {
  secondTimers: { ...SECOND_TIMERS, shows: 'idle-days-1' },
  noClaim: {
    what: 'an activity less at the start',
    file: 'src/workflows/persistence/databaseWork.ts',
    old: 'readable(await reach(self.isSlow).claim(ask))',
    mutated: '{ claimed: true, rivals: [] }',
    shows: 'early',
  },
  noAttributes: {
    what: 'search attributes are no longer written',
    file: 'src/workflows/accountRun.ts',
    old: '    if (!this.isUnpublished) return;',
    mutated: '    if (state) return;',
    shows: 'cooldown',
  },
};

let changed: string;
beforeAll(async () => {
  changed = await bundleOf({ patchedTimers: PATCHED_TIMERS, ...REFUSED });
});
afterAll(dropCopies);

/** Returns recordings with this name, as if they were of another workflow type. */
async function* asType(type: string, named = ''): AsyncIterable<Recording> {
  for await (const recording of recordingsIn(RECORDED)) {
    const { workflowType } = startOf(recording);
    if (workflowType?.name !== 'inmailAccount' || !recording.name.includes(named)) continue;
    workflowType.name = type;
    yield recording;
  }
}
const startOf = ({ history }: Recording) =>
  history.events?.[0]?.workflowExecutionStartedEventAttributes ?? {};

async function verdicts(
  codePath: string,
  recordings: AsyncIterable<Recording>,
): Promise<readonly Verdict[]> {
  const found: Verdict[] = [];
  for await (const one of replayed({ workflowBundle: { codePath } }, recordings)) found.push(one);
  return found;
}
const refusedIn = (found: readonly Verdict[]): readonly string[] =>
  found.filter(({ refusal }) => refusal !== undefined).map(({ name }) => name);

it('the gate lets these workflows continue each recorded history', async () => {
  const found = await verdicts(inject('workflowBundlePath'), recordingsIn(RECORDED));
  expect(refusedIn(found)).toEqual([]);
  expect(found.length).toBeGreaterThan(20);
});

it.each(Object.entries(REFUSED).map(([type, change]) => [change.what, type, change.shows]))(
  'refuses: %s',
  async (_, type, shows) => {
    const [verdict] = await verdicts(changed, asType(type, shows));
    expect(verdict?.refusal).toContain('Nondeterminism');
  },
);

it('the gate accepts a change behind `patched`', async () => {
  const found = await verdicts(changed, asType('patchedTimers'));
  expect(refusedIn(found)).toEqual([]);
  expect(found.length).toBeGreaterThan(20);
});

it('the command prints each history, and ends with exit code 1 if one is refused', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'safeband-replay-'));
  try {
    const packed = await readFile(`${RECORDED}/0.1.0/fleet-audit.json.gz`);
    const text = gunzipSync(packed).toString('utf8');
    await writeFile(path.join(folder, 'good.json'), text);
    await writeFile(
      path.join(folder, 'strange.json'),
      text.replace('"name":"inmailFleetAudit"', '"name":"inmailAccount"'),
    );
    const args = [path.join(inject('compiledDir'), 'replay.js'), folder, '--live'];
    const env = { ...process.env, TEMPORAL_ADDRESS: inject('temporalAddress') };
    const ended = await new Promise<{ code: unknown; stdout: string }>((resolve) => {
      const none = ['--query', "WorkflowId = 'unknown'"];
      execFile(process.execPath, [...args, ...none], { env }, (error, stdout) =>
        resolve({ code: error?.code, stdout }),
      );
    });
    expect(ended.code).toBe(1);
    expect(ended.stdout).toMatch(/^ok {6}good\.json, 12 events$/m);
    expect(ended.stdout).toMatch(/^REFUSED strange\.json, 12 events\n {8}\S/m);
    expect(ended.stdout).toContain(
      'recorded: 2 replayed, 1 refused\nrunning in default: 0 replayed',
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});
