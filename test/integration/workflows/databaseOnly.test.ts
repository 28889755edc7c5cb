/**
 * "The reconcile uses the database only: it never calls LinkedIn." The real worker runs in a process
 * that may connect to Postgres and Temporal only. A module in the process refuses all other
 * connections. The test also reads its sockets from outside, because Temporal's core is native.
 */
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, connect, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { Audited } from '../../../src/activities/ports.js';
import { TASK_QUEUE } from '../../../src/temporal/protocol.js';
import { all, ask, edit, run, update, sent, stateOf, whenSaved } from '../../support/account.js';
import { remoteEndsOf } from '../../support/remoteEnds.js';
import { createStand, type Stand } from '../../support/stand.js';
import { fastForward } from '../../support/time.js';
import { kill, startWorkerProcess } from '../../support/workerProcess.js';

const preload = fileURLToPath(new URL('../../support/onlyThese.mjs', import.meta.url));

/** A line that this module writes. */
type Noted = {
  readonly what: 'loaded' | 'allowed' | 'refused' | 'proven';
  readonly by: string;
  readonly target: string;
  readonly threadId: number;
};

let stand: Stand;
let dir: string;
let worker: ChildProcess | undefined;
/** Starts another server, which counts its connections. */
let elsewhere: Server;
let calls = 0;
const portOf = (server: Server): number => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it does not listen');
  return address.port;
};
const postgresEnd = (): string => new URL(stand.databaseUrl).host;
const temporalEnd = (): string => inject('temporalAddress');

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'safeband-only-'));
  elsewhere = createServer((socket) => {
    calls += 1;
    socket.resume();
  });
  await new Promise<void>((resolve) => {
    elsewhere.listen(0, '127.0.0.1', resolve);
  });
  stand = await createStand({ taskQueue: TASK_QUEUE });
  worker = await startWorkerProcess(stand.databaseUrl, {
    preload: pathToFileURL(preload).href,
    env: {
      ONLY_THESE: `${postgresEnd()},${temporalEnd()}`,
      ONLY_THESE_LOG: path.join(dir, 'calls'),
      ONLY_THESE_PROOF: `127.0.0.1:${portOf(elsewhere)}`,
    },
  });
});
afterAll(async () => {
  if (worker) await kill(worker);
  await stand.close();
  elsewhere.close();
  await rm(dir, { recursive: true, force: true });
});

const noted = async (): Promise<readonly Noted[]> =>
  (await readFile(path.join(dir, 'calls'), 'utf8'))
    .trim()
    .split('\n')
    .map((line): Noted => JSON.parse(line));

/** Reads a process' sockets in a loop until it is stopped. */
function watch(pid: number): () => Promise<{ checks: number; ends: readonly string[] }> {
  const loop = { isOn: true, checks: 0 };
  const ends = new Set<string>();
  const watching = (async () => {
    while (loop.isOn) {
      for (const end of await remoteEndsOf(pid)) ends.add(end);
      loop.checks += 1;
    }
  })();
  return async () => {
    loop.isOn = false;
    await watching;
    return { checks: loop.checks, ends: [...ends].toSorted() };
  };
}

it('Another process reads the list of its sockets, also those that no guard noticed.', async () => {
  const before = await remoteEndsOf(process.pid);
  const socket = connect(portOf(elsewhere), '127.0.0.1');
  const end = `127.0.0.1:${portOf(elsewhere)}`;
  expect(before).not.toContain(end);
  await new Promise((resolve) => {
    socket.once('connect', resolve);
  });
  expect(await remoteEndsOf(process.pid)).toContain(end);
  socket.destroy();
});

const REPORTED = `select count(*)::int as edits from safeband.corrections
  where account_id = $1 and explanation->>'edit' is not null`;

it('Each other connection of the worker is refused, and it tries none.', async () => {
  const callsBefore = calls;
  const stop = watch(worker?.pid ?? 0);
  const { id, account } = await sent(stand, 17);
  for (let round = 0; round < 20; round += 1) {
    // A save after the edit would overwrite the edit, so nothing may wait to be saved.
    await run(account);
    await edit(stand, id, `inmails_sent_today = inmails_sent_today + ${1 + (round % 5)}`);
    await run(account);
    // Each edit is reported exactly once. At a continue-as-new, the run that finds it may not be
    // the run that answers: the next workflow run also does a run that was asked for before.
    expect(await all(stand, REPORTED, id)).toEqual([{ edits: round + 1 }]);
    const reservationId = `round${round}`;
    await ask(account, reservationId, { leaseSeconds: 60 });
    if (round % 2 === 0) await update(account, 'sendFailed', { reservationId, kind: 'rejected' });
  }
  // The account's own tick, a lease that has ended, and the audit of the fleet.
  await fastForward(stand.client, account.workflowId, 30 * 60);
  expect(await stateOf(account, 'round1')).toBe('uncertain');
  const audited = await stand.client.workflow.execute<() => Promise<Audited>>('inmailFleetAudit', {
    workflowId: `audit-${id}`,
    taskQueue: TASK_QUEUE,
    args: [],
  });
  expect(audited.checked).toBe(1);
  await whenSaved(account);
  const { checks, ends } = await stop();

  const heartbeats = `select count(*)::int as n from safeband.reconciler_runs
    where account_id = $1 or scope = 'fleet'`;
  expect(await all(stand, `${heartbeats} having count(*) > 22 and $1 <> ''`, id)).toHaveLength(1);
  expect(checks).toBeGreaterThan(50);
  expect(ends).toEqual([postgresEnd(), temporalEnd()].toSorted());

  const found = await noted();
  const waysOf = (what: Noted['what']): ReadonlySet<string> =>
    new Set(found.flatMap((one) => (one.what === what ? [one.by] : [])));
  expect(waysOf('proven')).toEqual(
    new Set(['net', 'dns', 'udp', 'http', 'https', 'http2', 'tls', 'fetch']),
  );
  const threads = found.flatMap(({ what, threadId }) => (what === 'loaded' ? [threadId] : []));
  expect(threads.length).toBeGreaterThan(1); // the main thread, and the threads of the workflows
  expect(found.filter(({ what }) => what === 'refused')).toEqual([]);
  const reached = found.flatMap(({ what, target }) => (what === 'allowed' ? [target] : []));
  // Temporal: the checks of a start, and histories. Polls are native, so only their sockets show them.
  expect(new Set(reached)).toEqual(new Set([postgresEnd(), temporalEnd()]));
  expect(calls).toBe(callsBefore);
});
