/**
 * A rolling deploy and its rollback under traffic, with a build whose workflows have other commands.
 * Each run ends on the build that began it, no task fails, and every InMail counts once.
 */
import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { createClient, sendWithSlot, type SafebandClient } from '../../../src/client/index.js';
import { replayed, type Recording, type Verdict } from '../../../src/temporal/replayGate.js';
import { dropCopies } from '../../mutants/mutant.js';
import { all, statusOf, whenSaved } from '../../support/account.js';
import { commandsOf, livedBy, shell, startBuild } from '../../support/builds.js';
import { buildOf, SECOND_TIMERS } from '../../support/changed.js';
import { createStand, type Stand } from '../../support/stand.js';

const ACCOUNTS = 4;
const SENDS_EACH = 2;
const deploymentName = `safeband-${randomUUID().slice(0, 8)}`;
const OLDER = 'b1';
const NEWER = 'b2';

let stand: Stand;
let native: NativeConnection;
let safeband: SafebandClient;
let newer: string;
let workers: readonly { readonly stop: () => Promise<void> }[] = [];
beforeAll(async () => {
  newer = await buildOf(SECOND_TIMERS);
  stand = await createStand({ taskQueue: `deploy-${randomUUID()}` });
  native = await NativeConnection.connect({ address: inject('temporalAddress') });
  safeband = createClient({ ...stand, deadlineMs: 60_000 });
  const build = (buildId: string, codePath: string) =>
    startBuild(stand, native, { deploymentName, buildId, codePath });
  workers = [await build(OLDER, inject('workflowBundlePath')), await build(NEWER, newer)];
});
afterAll(async () => {
  await Promise.all(workers.map(({ stop }) => stop()));
  await native.close();
  await stand.close();
  await dropCopies();
});

/** Returns the first command of the document with this beginning, for this deployment. */
async function documented(first: string): Promise<string> {
  const [line = ''] = await commandsOf('docs/deploy.md', first);
  return line.replaceAll(/\bsafeband(?=[ :])/g, deploymentName);
}
/** Makes a build current as soon as the server knows its worker. */
async function makeCurrent(buildId: string): Promise<void> {
  const line = await documented('temporal worker deployment set-current-version');
  const own = line.replace(/--build-id \S+/, `--build-id ${buildId}`);
  await expect.poll(() => shell(own).catch(String)).toContain('Success');
}

/** The InMails that reached LinkedIn. */
const reached: string[] = [];
async function send(id: string): Promise<void> {
  const reservationId = `r${reached.length}-${randomUUID()}`;
  const result = await sendWithSlot(safeband, id, { reservationId }, async () => {
    reached.push(`${id} ${reservationId}`);
    return { chatId: `chat-${reservationId}` };
  });
  expect(result).toMatchObject({ sent: true, reported: true });
}

async function buildNow(account: WorkflowHandle): Promise<string | undefined> {
  const { raw } = await account.describe();
  return raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId ?? undefined;
}

/** Sends InMails on all accounts, until each account has sent some on that build. */
async function sendUntilOn(buildId: string, ids: readonly string[]): Promise<void> {
  const onOne = async (id: string): Promise<void> => {
    for (let n = 1, there = 0; there < SENDS_EACH; n += 1) {
      await send(id);
      if ((await buildNow(stand.handle(id))) === buildId) there += 1;
      if (n % 4 === 0) await whenSaved(stand.handle(id)); // a day has room for fifty
    }
  };
  await Promise.all(ids.map(onOne));
}

it('a deploy and its rollback move accounts at their next message, and lose and double nothing', async () => {
  await makeCurrent(OLDER);
  const ids = Array.from({ length: ACCOUNTS }, () => stand.newAccount());
  for (const accountId of ids) await safeband.connect({ accountId, tier: 'recruiter' });
  await sendUntilOn(OLDER, ids);
  await Promise.all([makeCurrent(NEWER), sendUntilOn(NEWER, ids)]);
  await Promise.all([makeCurrent(OLDER), sendUntilOn(OLDER, ids)]);
  for (const id of ids) {
    const account = stand.handle(id);
    await whenSaved(account);
    const mine = reached.filter((one) => one.startsWith(`${id} `)).length;
    const counts = { counter: mine, delivered: mine, inFlight: 0, uncertain: 0, unexplained: 0 };
    expect(await statusOf(account)).toMatchObject(counts);
    const [row] = await all(
      stand,
      `select count(*)::int as events, count(distinct reservation_id)::int as reservations
         from safeband.inmail_events where account_id = $1`,
      id,
    );
    expect(row).toEqual({ events: mine, reservations: mine });
    const lived = await livedBy(stand, account);
    const builds = lived.map((one) => one.builds.join());
    const moves = builds.filter((build, n) => build !== builds[n - 1]);
    expect(moves).toEqual([OLDER, NEWER, OLDER]);
    expect(lived.flatMap(({ failures }) => failures)).toEqual([]);
  }
  expect(new Set(reached).size).toBe(reached.length);
});

it('the gate refuses this change, because without versions it would have failed tasks', async () => {
  const account = await stand.connect(stand.newAccount());
  const { workflowId } = account;
  const history = await account.fetchHistory();
  async function* running(): AsyncIterable<Recording> {
    yield { name: 'running', workflowId, history };
  }
  const verdicts: Verdict[] = [];
  const options = { workflowBundle: { codePath: newer } };
  for await (const verdict of replayed(options, running())) verdicts.push(verdict);
  expect(verdicts).toMatchObject([{ refusal: expect.stringContaining('Nondeterminism') }]);
});

it('an account without messages moves to the new build when it is asked for a reconcile', async () => {
  await makeCurrent(OLDER);
  const account = await stand.connect(stand.newAccount());
  await whenSaved(account);
  expect(await buildNow(account)).toBe(OLDER);
  await makeCurrent(NEWER);
  const left = async (): Promise<string> => shell(await documented('temporal workflow count'));
  expect(await left()).not.toContain('Total: 0');
  await shell(await documented('temporal workflow signal'));
  await expect.poll(left).toContain('Total: 0');
  expect(await buildNow(account)).toBe(NEWER);
});

it("the Schedule's workflow starts on the current build", async () => {
  await makeCurrent(NEWER);
  const audit = await stand.client.workflow.start('inmailFleetAudit', {
    workflowId: `audit-${randomUUID()}`,
    taskQueue: stand.taskQueue,
    args: [],
  });
  await audit.result();
  expect((await livedBy(stand, audit)).map(({ builds }) => builds)).toEqual([[NEWER]]);
});
