/**
 * Prepares each test file on the servers: waits for a long enough day, and makes the runtime.
 * Several files share a process, one after the other, so each file leaves it as it was.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { afterAll, vi } from 'vitest';
import { keepStacksShort } from '../../src/temporal/bundling.js';
import { leaveQueue } from './workerProcess.js';

/** True after the first file of this process: a process installs one runtime. */
const MADE = Symbol.for('safeband.runtime');
if (!Reflect.has(globalThis, MADE)) {
  keepStacksShort(); // as the worker's entry does
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  Reflect.set(globalThis, MADE, true);
}

afterAll(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await leaveQueue();
});

/**
 * Counters begin anew at midnight UTC on the servers' clocks, which no test can stop, and a test
 * would lose its slots. So no test file begins in the last minutes of a day. With three others, the
 * longest file takes 60 s on two cores, or 93 s if all four use browsers; a slow machine may need
 * four times as long. Tests of midnight itself use skipped time. A test that skips time makes room
 * for it first (`withRoom`).
 */
const LONGEST_FILE_MS = 400_000;
const DAY_MS = 86_400_000;
const toMidnightMs = DAY_MS - (Date.now() % DAY_MS);
if (toMidnightMs < LONGEST_FILE_MS) {
  const seconds = Math.ceil(toMidnightMs / 1_000);
  process.stderr.write(`waiting ${seconds} s for midnight UTC: counters begin anew there\n`);
  await sleep(toMidnightMs + 1_000); // a timer may ring a little early
}
