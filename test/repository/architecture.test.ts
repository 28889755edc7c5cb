/**
 * Who may import whom, what the domain may not know, and how long a file may be: read, not
 * compiled.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { files, importsIn, placeOf, withoutComments, type File } from '../support/sources.js';

/**
 * This table is the rule. A folder that is not in it may import nothing, so a new one declares
 * itself.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  domain: ['domain'],
  'temporal/protocol': ['domain', '@temporalio/workflow', '@temporalio/common'],
  'temporal/answers': ['activities/ports', 'temporal/protocol', '@temporalio/common'],
  'temporal/payloadConverter': ['@temporalio/common'],
  'temporal/interceptors': ['temporal/protocol', '@temporalio/workflow'],
  workflows: [
    'workflows',
    'temporal/answers',
    'domain',
    'temporal/protocol',
    'activities/ports',
    '@temporalio/workflow',
    '@temporalio/common',
  ],
  activities: [
    'activities',
    'client/errors', // which answers of the server do not end an Update
    'platform/sizes',
    'temporal/answers',
    'domain',
    'temporal/protocol',
    'temporal/codec',
    'temporal/orders',
    'temporal/workflowTasks',
    'postgres',
    'webhooks',
    '@temporalio/activity',
    '@temporalio/common',
    'p-limit',
    '@temporalio/proto', // names of numbers that the raw service takes
    'calendar/openings',
  ],
  postgres: [
    'platform/environment',
    'platform/signedFile',
    'postgres',
    'domain',
    'platform/config',
    'platform/starting',
    'calendar/openings',
    'pg',
    'node:',
  ],
  webhooks: ['webhooks', 'domain', 'postgres', 'client/webhooks', 'p-limit', 'node:'],
  'calendar/openings': ['domain', 'luxon'],
  client: [
    'client',
    'postgres/groups/desk', // its statements; it imports neither `pg` nor the gate
    'durable/types',
    'temporal/codec',
    'domain',
    'temporal/protocol',
    '@temporalio/client',
    '@temporalio/common',
    'p-limit',
    'node:',
  ],
  durable: ['durable', 'client/inputs', 'client/sendWithSlot', 'domain', '@temporalio/workflow'],
  unipile: ['unipile', 'client/answers', 'client/sendWithSlot', 'domain'],
  dev: [
    'unipile',
    'temporal/clientConnection',
    'cli/runningStack',
    'temporal/payloadKeys',
    'dev',
    'temporal/codec',
    'platform/config',
    'domain',
    'client',
    'postgres',
    'temporal/schedules',
    '@temporalio/client',
    'pg',
    'node:',
    'yaml',
    'fastify',
    'csv-parse',
    'luxon',
    'commander',
    'cli-table3',
    'picocolors',
  ],
  status: ['status', 'domain', 'client', 'postgres', 'calendar/openings', 'node:'],
  doctor: [
    'doctor',
    'client/brake/temporalBrake',
    'domain',
    'postgres',
    'temporal/attributes',
    'temporal/protocol',
    'temporal/schedules',
    '@temporalio/client',
  ],
  http: [
    'http',
    'platform/cursor',
    'platform/environment',
    'status',
    'doctor/finding',
    'doctor/postgres',
    'temporal/codecEndpoint',
    '@temporalio/common',
    'temporal/codec',
    'platform/config',
    'domain',
    'client',
    'postgres',
    'temporal/schedules',
    'webhooks/url',
    'unipile',
    'platform/metrics',
    'platform/sizes',
    'fastify',
    '@fastify',
    'typebox',
    'preact',
    'preact-render-to-string',
    'd3-scale',
    'd3-shape',
    'pino',
    'pg',
    'node:',
  ],
  cli: [
    'platform/environment',
    'platform/cursor',
    'status',
    'doctor',
    'cli',
    'temporal/codec',
    'platform/config',
    'platform/retention',
    'platform/signedFile',
    'domain',
    'client',
    'postgres',
    'webhooks/url',
    'temporal/protocol',
    'temporal/attributes',
    'temporal/orders',
    'temporal/schedules',
    'temporal/workflowTasks',
    'temporal/connect',
    'temporal/clientConnection',
    '@temporalio/client',
    '@temporalio/envconfig',
    'commander',
    'cli-table3',
    'picocolors',
    'luxon',
    '@modelcontextprotocol/sdk',
    'csv-parse',
    'p-limit',
    'node:',
  ],
  'platform/metrics': ['prom-client', 'postgres/operations/gauges'],
  'platform/groupDecisions': ['temporal/protocol', 'domain', 'postgres/groups', '@temporalio'],
  'temporal/codec': [
    'temporal/payloadKeys',
    'platform/environment',
    'platform/config',
    '@temporalio/common',
    '@temporalio/proto',
    'node:',
  ],
  'temporal/codecEndpoint': ['temporal/codec', '@temporalio/common'],
  'temporal/attributes': ['temporal/protocol', 'temporal/connect', '@temporalio/client'],
  'platform/config': [
    'platform/environment',
    'temporal/payloadKeys',
    'domain',
    'postgres/refusal',
    'webhooks/networks',
    'node:',
  ],
  'platform/sizes': ['platform/environment', 'domain'],
  'platform/unipileConfig': ['platform/environment'],
  'platform/signedFile': ['node:'],
  'platform/retention': ['platform/environment', 'domain'],
  'platform/plaintext': ['platform/environment', 'platform/config'],
  'platform/starting': ['platform/environment', 'platform/config', 'domain', 'node:'],
  'platform/logger': ['domain', 'pino'],
  'temporal/bundling': ['@temporalio/worker', 'node:'],
  'temporal/schedules': ['domain', 'temporal/protocol', '@temporalio/client'],
  'temporal/orders': ['temporal/protocol', '@temporalio/client'],
  'temporal/workflowTasks': [
    'domain',
    'temporal/protocol',
    'temporal/connect',
    '@temporalio/client',
    '@temporalio/proto',
  ],
  'temporal/runtime': [
    'domain',
    'platform/environment',
    'platform/config',
    'platform/logger',
    'pino',
    '@temporalio/worker',
  ],
  'temporal/connect': [
    'platform/environment',
    'platform/config',
    'domain',
    'platform/starting',
    '@temporalio/envconfig',
    '@temporalio/client',
    'node:',
  ],
  'temporal/clientConnection': ['domain', '@grpc/grpc-js', '@temporalio/client'],
  worker: ['*'],
  server: ['*'],
  migrate: ['*'],
  replay: ['*'],
  'temporal/replayGate': [
    'temporal/protocol',
    '@temporalio/client',
    '@temporalio/common/lib',
    '@temporalio/worker',
    'node:',
  ],
  'platform/environment': [],
  'temporal/payloadKeys': ['platform/environment', 'node:'],
};

/** Words that the domain may not know, each with its cure. */
const BANNED: readonly (readonly [RegExp, string])[] = [
  [/\basync\b|\bawait\b|\bPromise\b/, 'the domain answers at once'],
  [/\bnew Date\(\)|\bDate\.now\b/, 'time is an argument'],
  [/\.get(FullYear|Month|Date|Day|Hours|Minutes|Seconds)\(/, 'UTC getters only'],
  [/\.toLocale\w+|\bIntl\./, 'zones and locales differ between machines'],
  [/\bMath\.random\b/, 'randomness is an argument'],
];

/** The row of the table that a file is under: its own, or that of its folder. */
function folderOf(file: string): string {
  const parts = file.replace(/\.tsx?$/, '').split('/');
  const rows = parts.map((_, n) => parts.slice(0, n + 1).join('/'));
  return rows.findLast((row) => row in MAY_IMPORT) ?? parts[0] ?? '';
}

function foreignImportsIn({ name, text }: File): readonly string[] {
  const allowed = MAY_IMPORT[folderOf(name)] ?? [];
  return importsIn(text)
    .map((one) => placeOf(one, name))
    .filter((place) => !allowed.some((one) => one === '*' || matches(place, one)));
}
const matches = (place: string, allowed: string): boolean =>
  place === allowed || place.startsWith(allowed.endsWith(':') ? allowed : `${allowed}/`);

describe('the source', () => {
  it.each(files.map((file) => [file.name, file] as const))(
    '%s imports only what it may',
    (_, file) => {
      expect(foreignImportsIn(file)).toEqual([]);
    },
  );

  it('the source keeps the domain pure', () => {
    const found = files
      .filter(({ name }) => name.startsWith('domain/'))
      .flatMap(({ name, text }) =>
        BANNED.filter(([word]) => word.test(withoutComments(text))).map(([, cure]) => [name, cure]),
      );
    expect(found).toEqual([]);
  });

  it('workflows call activities in one module, which accepts no answer of another activity', () => {
    const asking = files.filter(({ text }) => /\bproxy(Local)?Activities\b/.test(text));
    // The durable send is a workflow of the pipeline, not of an account.
    expect(asking.map(({ name }) => name)).toEqual([
      'durable/inmailSend.ts',
      'workflows/activityProxies.ts',
    ]);
  });

  it('the source keeps files short and lines narrow', () => {
    const tooLong = files.filter(({ name, text }) => {
      const lines = text.split('\n');
      const isWide = lines.some((line) => line.length > 100 && !/[`'"]/.test(line));
      return isWide || lines.length - 1 > (name.startsWith('domain/') ? 200 : 300);
    });
    expect(tooLong.map(({ name }) => name)).toEqual([]);
  });

  it('the workflow bundle contains no library but the SDK', () => {
    const inBundle = files.filter(({ name }) =>
      [
        'temporal/answers',
        'workflows',
        'domain',
        'temporal/protocol',
        'temporal/interceptors',
        'temporal/payloadConverter',
      ].includes(folderOf(name)),
    );
    const libraries = inBundle
      .flatMap(({ text }) => importsIn(text))
      .filter((one) => !one.startsWith('.'));
    expect([...new Set(libraries)].toSorted()).toEqual([
      '@temporalio/common',
      '@temporalio/workflow',
      '@temporalio/workflow/lib/global-attributes.js', // a reset shows itself nowhere else
    ]);
  });
});

describe('the tests', () => {
  it('set no time limits of their own: vitest.config.ts sets them for slow machines', () => {
    const limits = [/^\s*\}, [\d_]{4,}\);$/m, /\.poll\([^;]*\btimeout: |\bsetConfig\(/];
    limits.push(/\bvi\.waitFor\((?:(?!PATIENCE|timeout: 90_000)[\s\S])*$/); // one second
    const found = readdirSync('test', { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts') && !name.endsWith('/architecture.test.ts'))
      .filter((name) => limits.some((limit) => limit.test(readFileSync(`test/${name}`, 'utf8'))));
    expect(found).toEqual([]);
  });
});

describe('the check itself', () => {
  const CASES: readonly (readonly [string, string, readonly string[]])[] = [
    ['domain/a.ts', "import pg from 'pg';", ['pg']],
    ['domain/a.ts', "import {\n  a,\n  b,\n} from '../postgres/pool.js';", ['postgres/pool']],
    ['domain/a.ts', "export { a } from '../protocol.js';", ['protocol']],
    ['domain/a.ts', "const a = await import('node:fs');", ['node:fs']],
    ['workflows/a.ts', "import 'zod';", ['zod']],
    ['workflows/a.ts', "import type { A } from '../activities/ports.js';", []],
    ['workflows/a.ts', "import { a } from '../activities/account.js';", ['activities/account']],
    ['newcomer/a.ts', "import { a } from '../domain/time.js';", ['domain/time']],
    ['temporal/new.ts', "import { a } from '../domain/time.js';", ['domain/time']],
    ['dev/a.ts', "import { a } from '../src/server.js';", ['server']],
    ['client/a.ts', "// import pg from 'pg';\nimport { a } from './b.js';", []],
  ];
  it.each(CASES)('in %s, of %j, it reports %j', (name, text, wrong) => {
    expect(foreignImportsIn({ name, text })).toEqual(wrong);
  });
});
