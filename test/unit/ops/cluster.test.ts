/** The lane of the Temporal cluster: its configuration, its checks and its tables. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { findBinaries } from '../../../ops/cluster/binaries.js';
import {
  checksOf,
  isEarlyEnough,
  phasesOf,
  silencesOf,
  type Act,
  type Answer,
  type Kind,
  type Rows,
} from '../../../ops/cluster/checks.js';
import { addressOf, configOf, membersAt, schemaSteps } from '../../../ops/cluster/config.js';
import { checksTable, phasesTable } from '../../../ops/cluster/table.js';

const URL_OF_DATABASE = 'postgres://owner:p%40ss@127.0.0.1:5432/safeband';
const members = membersAt([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);

describe('the configuration of the cluster', () => {
  it('the configuration of each process has its own ports, 64 shards and both databases', () => {
    expect(addressOf(members)).toBe('127.0.0.1:7');
    expect(members.map(({ name }) => name)).toEqual([
      'history-1',
      'history-2',
      'matching',
      'frontend',
      'worker',
    ]);
    for (const member of members) {
      const { grpcPort, membershipPort, service } = member;
      expect(configOf(member, members, URL_OF_DATABASE)).toMatchObject({
        persistence: {
          numHistoryShards: 64,
          datastores: {
            main: { sql: { databaseName: 'temporal', user: 'owner', password: 'p@ss' } },
            visibility: { sql: { databaseName: 'temporal_visibility' } },
          },
        },
        services: { [service]: { rpc: { grpcPort, membershipPort, bindOnLocalHost: true } } },
        publicClient: { hostPort: '127.0.0.1:7' },
      });
    }
  });

  it('each database is created before its schema', () => {
    const steps = schemaSteps().map(({ database, args }) => `${database}: ${args[0]}`);
    expect(steps).toEqual([
      'temporal: create-database',
      'temporal: setup-schema',
      'temporal: update-schema',
      'temporal_visibility: create-database',
      'temporal_visibility: setup-schema',
      'temporal_visibility: update-schema',
    ]);
  });
});

const answer = (accountId: string, id: string, kind: Kind, askedAt = 0, at = askedAt): Answer => ({
  accountId,
  id,
  kind,
  reason: kind === 'denied' ? 'daily_cap' : undefined,
  askedAt,
  at,
});

/** Two accounts with a cap of 1, and what callers, rows and log agree on. */
const told = [
  answer('a', '1', 'granted'),
  answer('a', '1', 'delivered'),
  answer('a', '2', 'denied'),
  answer('b', '1', 'granted'),
  answer('b', '1', 'delivered'),
];
const rows: Rows = {
  counters: new Map([
    ['a', 1],
    ['b', 1],
  ]),
  events: [
    { accountId: 'a', id: '1' },
    { accountId: 'b', id: '1' },
  ],
};
const limits = { accounts: 2, cap: 1 };
const failed = (answers: readonly Answer[], found: Rows): readonly string[] =>
  checksOf(limits, answers, found)
    .filter(({ isOk }) => !isOk)
    .map(({ what, found: text }) => `${what}: ${text}`);

describe('the checks of a run', () => {
  it('the checks accept a run in which callers, counters and log agree', () => {
    expect(failed(told, rows)).toEqual([]);
    expect(failed([...told, answer('a', '1', 'granted')], rows)).toEqual([]); // the same grant again
  });

  const [first, second] = rows.events;
  if (!first || !second) throw new Error('the rows of this test');
  it.each<[string, readonly Answer[], Rows, string]>([
    [
      'a grant over the cap',
      [...told, answer('a', '3', 'granted')],
      rows,
      'accounts over their cap: 1: a',
    ],
    [
      'a lost row',
      told,
      { ...rows, events: [first] },
      'deliveries that the event log lost: 1: b/1',
    ],
    [
      'a row twice',
      told,
      { ...rows, events: [first, second, second] },
      'rows of the event log that repeat a delivery: 1',
    ],
    [
      'a row without a report',
      told,
      { ...rows, events: [first, second, { accountId: 'b', id: '9' }] },
      'rows that no caller reported: 1: b/9',
    ],
    [
      'another counter',
      told,
      { ...rows, counters: new Map([...rows.counters, ['b', 2]]) },
      'accounts whose counter is not the number of their grants: 1: b',
    ],
    [
      'too few grants',
      told.slice(0, 3),
      { ...rows, events: [first] },
      'grants (2 accounts, cap 1): 1 of 2',
    ],
    [
      'another denial',
      told.map((one) => (one.kind === 'denied' ? { ...one, reason: 'held' } : one)),
      rows,
      'reasons of denials: held',
    ],
  ])('the checks find %s', (_, answers, found, expected) => {
    expect(failed(answers, found)).toContain(expected);
  });
});

describe('the phases of a run', () => {
  const acts: readonly Act[] = [
    { at: 0, what: 'all processes run', mayDisturb: true },
    { at: 100, what: 'history-2 killed', mayDisturb: true },
    { at: 200, what: 'all started again', mayDisturb: false },
  ];
  const answers = [
    answer('a', '1', 'granted', 10, 20),
    answer('a', '2', 'unavailable', 90, 150), // sent before the kill
    answer('b', '1', 'granted', 110, 120), // the other account is available
    answer('a', '2', 'unavailable', 160, 190),
    answer('a', '2', 'granted', 195, 230),
  ];

  it('an account is silent from its first request without answer to its next answer', () => {
    expect(silencesOf(answers)).toEqual([{ from: 90, until: 230 }]);
    expect(silencesOf(answers.slice(0, 4))).toEqual([{ from: 90, until: 190 }]);
    expect(silencesOf(answers.slice(0, 1))).toEqual([]);
  });

  it('a silence counts for the act that caused it', () => {
    const phases = phasesOf(acts, answers);
    expect(phases.map(({ longestMs }) => longestMs)).toEqual([0, 140, 0]);
    expect(phases.map(({ granted }) => granted)).toEqual([1, 1, 1]);
    expect(phases.map(({ unavailable }) => unavailable)).toEqual([0, 2, 0]);
    const lines = phasesTable(phases).split('\n');
    expect(lines.find((line) => line.includes('history-2 killed'))).toMatch(
      /0\.1 .* 1 .* 0 .* 0 .* 2 .* 0\.1 /,
    );
  });

  it('the table of the checks names what failed', () => {
    const table = checksTable([
      { what: 'grants', found: '500 of 500', isOk: true },
      { what: 'lost', found: '1: a/1', isOk: false },
    ]);
    expect(table).toMatch(/grants.*500 of 500.*ok/);
    expect(table).toMatch(/lost.*1: a\/1.*FAILED/);
  });

  it.each([
    ['2026-11-29T23:44:59Z', true],
    ['2026-11-29T23:45:00Z', false],
    ['2026-11-30T00:00:00Z', true],
  ])('a run that begins at %s ends before midnight: %s', (instant, isEarly) => {
    expect(isEarlyEnough(new Date(instant))).toBe(isEarly);
  });
});

describe('the binaries of the cluster', () => {
  it('missing binaries are named, with what to install', async () => {
    await expect(findBinaries({ PATH: '/nowhere' })).rejects.toThrow(
      /temporal-server, temporal-sql-tool.*\n[^]*go install go\.temporal\.io\/server\/cmd\/server@/,
    );
    await expect(findBinaries({ TEMPORAL_SERVER_PATH: '/nowhere/x' })).rejects.toThrow(
      'TEMPORAL_SERVER_PATH=/nowhere/x: it should be the path of a program',
    );
  });

  it('binaries come from the settings, or else from PATH', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'safeband-binaries-'));
    try {
      for (const name of ['temporal-server', 'temporal-sql-tool', 'sql']) {
        await writeFile(path.join(folder, name), '', { mode: 0o755 });
      }
      const server = path.join(folder, 'temporal-server');
      const found = { PATH: `/nowhere${path.delimiter}${folder}` };
      expect(await findBinaries(found)).toEqual({
        server,
        sqlTool: path.join(folder, 'temporal-sql-tool'),
      });
      const sqlTool = path.join(folder, 'sql');
      expect(await findBinaries({ ...found, TEMPORAL_SQL_TOOL_PATH: sqlTool })).toEqual({
        server,
        sqlTool,
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
