/**
 * The demonstration: plays a day of outreach, prints what happens, and compares the counters with
 * what LinkedIn really received.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorText } from '../src/domain/primitives/errorText.js';
import type { SendResult, StartInput, Status } from '../src/client/index.js';
import type { PlannedSend } from './day.js';
import { Line } from './line.js';
import type { LinkedIn } from './linkedin.js';
import { createPipeline, type Pipeline, type Places } from './pipeline.js';
import { Tally } from './tally.js';
import type { SimulatedUnipile } from './unipile.js';
import type { PayloadKeys } from '../src/temporal/payloadKeys.js';

export type DemoNeeds = {
  readonly places: Places;
  readonly payloadKeys: PayloadKeys;
  readonly linkedIn: LinkedIn;
  readonly unipile: SimulatedUnipile;
  readonly accounts: readonly StartInput[];
  readonly sends: readonly PlannedSend[];
  readonly print: (line: string) => void;
};
export type DemoResult = {
  readonly accountId: string;
  readonly start: StartInput;
  readonly tally: Tally;
  readonly status: Status;
  readonly inLog: number;
};

/** The demonstration is not compiled: it runs from its sources. */
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const SAVED_TIMEOUT_MS = 30_000;
const POLL_MS = 250;

export type Played = {
  readonly results: readonly DemoResult[];
  /** Withdraws the asks that still wait; until then, they are sent when their turn comes. */
  readonly end: () => Promise<void>;
};

/** Plays the day; resolves when all sends are played and every account has saved everything. */
export async function playDay(needs: DemoNeeds): Promise<Played> {
  const { places, linkedIn, accounts, sends, print } = needs;
  // Each demonstration on the same data has its own accounts.
  const suffix = `.${new Date().toISOString().slice(5, 19).replaceAll(/\D/g, '')}`;
  const pipeline = await createPipeline(places, needs.payloadKeys);
  const tallies = new Map(
    accounts.map(({ accountId }) => [accountId, new Tally(accountId, print)]),
  );
  const byUnipile = sends.filter(({ by }) => by === 'unipile');
  const isOfUnipile = ({ accountId }: StartInput): boolean =>
    byUnipile.some(({ account }) => account === accountId);
  const line = new Line(pipeline, print);
  const end = async (): Promise<void> => {
    await line.end();
    await pipeline.close();
  };
  try {
    for (const start of accounts) {
      const accountId = `${start.accountId}${suffix}`;
      if (start.tier) linkedIn.enrol(accountId, start.tier);
      const identity = `member ${accountId}`;
      await pipeline.client.connect({ ...start, accountId, identity });
      if (isOfUnipile(start)) {
        needs.unipile.add({ id: accountId, linkedInAccountId: accountId, userId: identity });
      }
    }
    for (const { recipient, behaviour } of byUnipile) needs.unipile.behave(recipient, behaviour);
    print(`${accounts.length} accounts are connected; playing ${sends.length} sends`);
    const isSecond = ({ by }: PlannedSend): boolean => by === 'second';
    const child = startSecond(places, suffix, sends.filter(isSecond), tallies);
    const killed = killInMidSend(child, linkedIn, print);
    const progress = setInterval(() => print(progressOf(tallies, sends.length)), 5_000);
    const begin = Date.now();
    await Promise.all(
      sends
        .filter((planned) => !isSecond(planned))
        .map(async (planned) => {
          await sleep(Math.max(0, begin + planned.atSeconds * 1_000 - Date.now()));
          if (planned.by === 'waiting') {
            line.ask(`${planned.account}${suffix}`, planned, tallies.get(planned.account));
            return;
          }
          await playOne(planned, suffix, pipeline, linkedIn, tallies);
        }),
    ).finally(() => clearInterval(progress));
    await killed;
    await line.untilMidnight();
    const reports = await needs.unipile.idle();
    const lost = accounts
      .filter(isOfUnipile)
      .reduce((sum, { accountId }) => sum + (tallies.get(accountId)?.unknown ?? 0), 0);
    print(
      `Unipile's webhook has reported ${reports.length} InMails, and proved ${lost} lost answer`,
    );
    print('all sends are played; waiting until everything is in Postgres');
    const results = await Promise.all(
      accounts.map(async (start) => {
        const accountId = `${start.accountId}${suffix}`;
        const tally = tallies.get(start.accountId) ?? new Tally(accountId, print);
        return { accountId, start, tally, ...(await whenSaved(pipeline, accountId)) };
      }),
    );
    return { results, end };
  } catch (error) {
    await end();
    throw error;
  }
}

async function playOne(
  planned: PlannedSend,
  suffix: string,
  { client, send }: Pipeline,
  linkedIn: LinkedIn,
  tallies: ReadonlyMap<string, Tally>,
): Promise<void> {
  const accountId = `${planned.account}${suffix}`;
  const tally = tallies.get(planned.account);
  if (planned.by === 'by-hand') {
    const taken = linkedIn.byHand(accountId, planned.recipient);
    const { chatId, messageId, recipientId, sentAt } = taken;
    await client.observed(accountId, { chatId, messageId, recipientId, sentAt });
    tally?.observed(planned);
    return;
  }
  const result = await send(accountId, planned).catch((error: unknown): SendResult => {
    const why = errorText(error);
    return { sent: false, kind: 'not_attempted', why, reported: false };
  });
  tally?.add(planned, result);
}

function startSecond(
  places: Places,
  suffix: string,
  sends: readonly PlannedSend[],
  tallies: ReadonlyMap<string, Tally>,
): ChildProcess {
  const script = fileURLToPath(new URL('./pipeline.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', TSX, script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify({ ...places, suffix, sends }));
  let rest = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = `${rest}${chunk.toString('utf8')}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const sent: { planned: PlannedSend; result: SendResult } = JSON.parse(line);
      tallies.get(sent.planned.account)?.add(sent.planned, sent.result);
    }
  });
  return child;
}

/** Kills the second process while it waits for LinkedIn's answer to an InMail that was taken. */
async function killInMidSend(
  child: ChildProcess,
  linkedIn: LinkedIn,
  print: (line: string) => void,
): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  await Promise.race([linkedIn.hanging, ended]);
  if (child.exitCode !== null) return;
  print(`killing the second pipeline process (${child.pid}) in the middle of a send`);
  child.kill('SIGKILL');
  await ended;
}

/** Waits until everything is saved; returns the account's status and its rows in the event log. */
async function whenSaved(
  { client, pool }: Pipeline,
  accountId: string,
): Promise<{ readonly status: Status; readonly inLog: number }> {
  const deadline = Date.now() + SAVED_TIMEOUT_MS;
  for (;;) {
    const status = await client.status(accountId);
    if (status.unsaved === 0 || Date.now() > deadline) {
      const { rows } = await pool.query<{ count: number }>(
        'select count(*)::int as count from safeband.inmail_events where account_id = $1',
        [accountId],
      );
      return { status, inLog: rows[0]?.count ?? 0 };
    }
    await sleep(POLL_MS);
  }
}

function progressOf(tallies: ReadonlyMap<string, Tally>, total: number): string {
  const all = [...tallies.values()];
  const sum = (of: (tally: Tally) => number): number => all.reduce((n, tally) => n + of(tally), 0);
  const [asked, delivered, denied] = [
    sum((t) => t.asked),
    sum((t) => t.delivered),
    sum((t) => t.denied),
  ];
  return `${asked} of ${total} asked: ${delivered} delivered, ${denied} denied`;
}
