/** The error of a bad setting names the setting, the fault and the allowed values. */
import { describe, expect, it } from 'vitest';
import { RETENTION_DEFAULT } from '../../../src/domain/records/retention.js';
import { retentionFrom } from '../../../src/platform/retention.js';
import { pacingFrom, serverFrom } from '../../../src/platform/config.js';
import { sizesFrom } from '../../../src/platform/sizes.js';
import { runbookUrlOf } from '../../../src/http/runbookUrl.js';
import { plaintextDatabase, plaintextTemporal } from '../../../src/platform/plaintext.js';
import { ConfigError } from '../../../src/platform/environment.js';
import { unipileFrom } from '../../../src/platform/unipileConfig.js';

function flawOf(environment: Record<string, string>): string {
  try {
    serverFrom(environment);
    return 'none';
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

describe('SAFEBAND_TRUSTED_PROXIES', () => {
  it.each([
    'yes',
    '10.0.0.0/33',
    '10.0.0',
    '::1/129',
    '10.0.0.1;10.0.0.2',
    '10.0.0.1,',
    'a\u001b[2J',
  ])('SAFEBAND_TRUSTED_PROXIES is named in the error if it is %j', (value) => {
    const flaw = flawOf({ SAFEBAND_TRUSTED_PROXIES: value });
    expect(flaw).toMatch(/^SAFEBAND_TRUSTED_PROXIES=.*such as 10\.0\.0\.0\/8$/);
    expect(flaw).not.toContain('\u001b');
  });

  it.each(['10.0.0.0/8', '127.0.0.1', '::1', 'fd00::/8, 10.0.0.1'])(
    'SAFEBAND_TRUSTED_PROXIES may be %j',
    (value) => {
      expect(serverFrom({ SAFEBAND_TRUSTED_PROXIES: value }).trustProxy).toBe(value);
    },
  );

  it('SAFEBAND_TRUSTED_PROXIES trusts no proxy if it is not set', () => {
    expect(serverFrom({}).trustProxy).toBe(false);
  });
});

describe('SAFEBAND_REPLY_PREFIX', () => {
  it.each([
    'temporal-sys-',
    'inmail-account/acme',
    'INMAIL-Webhooks',
    ' outreach/',
    'out\nreach',
    'o'.repeat(201),
  ])('SAFEBAND_REPLY_PREFIX is named in the error if it is %j', (value) => {
    const flaw = flawOf({ SAFEBAND_REPLY_PREFIX: value });
    expect(flaw).toMatch(/^SAFEBAND_REPLY_PREFIX=.*such as outreach\//);
    expect(flaw).not.toContain('\n');
  });

  it('SAFEBAND_REPLY_PREFIX is the beginning of the allowed workflow ids; without it, no workflow is allowed', () => {
    expect(serverFrom({ SAFEBAND_REPLY_PREFIX: 'outreach/' }).replyPrefix).toBe('outreach/');
    expect(serverFrom({}).replyPrefix).toBe(null);
  });
});

describe('SAFEBAND_RUNBOOK_URL', () => {
  it.each([
    'docs/runbook.md',
    '/runbook',
    'wiki.example/runbook',
    'ftp://wiki.example/runbook',
    'https://wiki.example/runbook#top',
    'https://wiki.example/run book',
    'a\u001b[2J',
  ])('SAFEBAND_RUNBOOK_URL is named in the error if it is %j', (value) => {
    const flaw = flawOf({ SAFEBAND_RUNBOOK_URL: value });
    expect(flaw).toMatch(
      /^SAFEBAND_RUNBOOK_URL=.*such as https:\/\/safeband\.example\.com\/runbook$/,
    );
    expect(flaw).not.toContain('\u001b');
  });

  it('SAFEBAND_RUNBOOK_URL may be any absolute address; without it, the server serves the runbook', () => {
    const url = 'https://wiki.example/ops/runbook?v=2';
    expect(serverFrom({ SAFEBAND_RUNBOOK_URL: url }).runbookUrl).toBe(url);
    expect(serverFrom({}).runbookUrl).toBe(null);
    const at = (address: string, family: string) => ({
      addresses: () => [{ address, family, port: 8_081 }],
    });
    expect(runbookUrlOf(at('127.0.0.1', 'IPv4'), url)).toBe(url);
    for (const [address, family, host] of [
      ['10.0.0.7', 'IPv4', '10.0.0.7'],
      ['0.0.0.0', 'IPv4', '127.0.0.1'],
      ['::', 'IPv6', '127.0.0.1'],
      ['::1', 'IPv6', '[::1]'],
    ] as const) {
      expect(runbookUrlOf(at(address, family), null)).toBe(`http://${host}:8081/runbook`);
    }
  });
});

describe('a connection that is not encrypted', () => {
  const database = (url: string, more: Record<string, string> = {}): string | undefined =>
    plaintextDatabase('DATABASE_URL', url, more);

  it.each([
    'postgres://u:secret@db.example:5432/d',
    'postgres://u:secret@db.example/d?sslmode=disable',
    'postgres://u:secret@10.0.0.5/d',
    'postgres:///d?host=db.example',
  ])(
    'a connection without encryption to another host raises a warning without the password: %s',
    (url) => {
      const warning = database(url);
      expect(warning).toMatch(/^DATABASE_URL: .*not encrypted.*sslmode=verify-full/);
      expect(warning).not.toContain('secret');
    },
  );

  it.each([
    'postgres://u@127.0.0.1:5432/d',
    'postgres://u@localhost/d',
    'postgres://u@[::1]/d',
    'postgresql:///d?host=/var/run/postgresql',
    'postgres://u@db.example/d?sslmode=verify-full',
    'postgres://u@db.example/d?sslmode=require',
    'postgres://u@db.example/d?ssl=true',
  ])('a connection on this machine, or with encryption, raises no warning: %s', (url) => {
    expect(database(url)).toBe(undefined);
  });

  it('the variables of Postgres also decide whether a connection is encrypted', () => {
    expect(database('postgres:///d', { PGHOST: 'db.example' })).toContain('db.example');
    const encrypted = { PGHOST: 'db.example', PGSSLMODE: 'verify-full' };
    expect(database('postgres:///d', encrypted)).toBe(undefined);
  });

  it('a connection without encryption to Temporal raises a warning if it leaves this machine', () => {
    expect(plaintextTemporal('temporal.example:7233', false)).toMatch(
      /^TEMPORAL_ADDRESS: .*temporal\.example.*TEMPORAL_TLS=true/,
    );
    for (const address of ['127.0.0.1:7233', 'localhost:7233', '[::1]:7233']) {
      expect(plaintextTemporal(address, false)).toBe(undefined);
    }
    expect(plaintextTemporal('temporal.example:7233', true)).toBe(undefined);
  });
});

describe('SAFEBAND_PACING', () => {
  it.each(['0s', '60', '60s,91%', '60s,0/h', '60s;50%', '90000s', 'none'])(
    'SAFEBAND_PACING is named in the error if it is %j',
    (value) => {
      expect(() => pacingFrom({ SAFEBAND_PACING: value })).toThrow(
        `SAFEBAND_PACING=${value}: it should be a pace such as 60s, 60s,50% or 60s,50%,12/h, ` +
          'with an interval of 1 to 86400 s, a jitter of at most 90 % and at most 200 grants an hour',
      );
    },
  );

  it('SAFEBAND_PACING is a pace with or without jitter and maximum, and none if it is not set', () => {
    const pace = (value?: string) =>
      pacingFrom(value === undefined ? {} : { SAFEBAND_PACING: value });
    expect(pace()).toBe(undefined);
    expect(pace('60s')).toEqual({ minGapSeconds: 60, jitterPercent: 0, perHour: null });
    expect(pace('60s, 50%')).toEqual({ minGapSeconds: 60, jitterPercent: 50, perHour: null });
    expect(pace('5s,12/h')).toEqual({ minGapSeconds: 5, jitterPercent: 0, perHour: 12 });
  });
});

describe('settings of the size', () => {
  it.each([
    ['SAFEBAND_CACHED_ACCOUNTS', 'cachedAccounts', 'accounts', 10, 2_000, 100_000],
    ['SAFEBAND_MIDNIGHT_SPREAD_SECONDS', 'midnightSpreadSeconds', 'seconds', 10, 90, 3_600],
    ['SAFEBAND_DATABASE_CONNECTIONS', 'connections', 'connections', 2, 10, 200],
    ['SAFEBAND_STATEMENT_SECONDS', 'statementSeconds', 'seconds', 2, 8, 120],
    ['SAFEBAND_AUDIT_WAKES', 'auditWakes', 'accounts', 10, 5_000, 100_000],
    ['SAFEBAND_AUDIT_RESTARTS', 'auditRestarts', 'accounts', 0, 5, 1_000],
  ] as const)('%s has limits and a usual value, and is named if it is wrong', (...row) => {
    const [setting, name, unit, min, usual, max] = row;
    const read = (value: string) => sizesFrom({ [setting]: value })[name];
    expect(sizesFrom({})[name]).toBe(usual);
    expect(read('')).toBe(usual);
    expect([read(String(min)), read(String(max))]).toEqual([min, max]);
    const rule = `it should be a whole number of ${unit}, ${min} to ${max}`;
    for (const value of [String(min - 1), String(max + 1), '-1', '1e3', '10.5', ' 20', 'many']) {
      expect(() => read(value)).toThrow(`${setting}=${value}: ${rule}`);
    }
  });
});

describe('retention (R28)', () => {
  it.each([
    ['SAFEBAND_KEEP_HEARTBEATS_DAYS', '6', '7 to 36500'],
    ['SAFEBAND_KEEP_ATTEMPTS_DAYS', '39', '40 to 36500'],
    ['SAFEBAND_KEEP_RESERVATIONS_DAYS', '99', '100 to 36500'],
    ['SAFEBAND_KEEP_ALERTS_DAYS', '36501', '30 to 36500'],
    ['SAFEBAND_KEEP_CHANGES_DAYS', 'never', '100 to 36500'],
  ])('%s=%s is refused with its limits', (setting, value, limits) => {
    expect(() => retentionFrom({ [setting]: value })).toThrow(
      `${setting}=${value}: it should be a number of days, ${limits}, or forever; the default is `,
    );
  });

  it('the settings of retention have safe defaults, and forever keeps all rows', () => {
    expect(retentionFrom({})).toEqual(RETENTION_DEFAULT);
    const all = { SAFEBAND_KEEP_ALERTS_DAYS: 'forever', SAFEBAND_PRUNE_ONLY_EXPORTED: 'yes' };
    expect(retentionFrom(all)).toEqual({ ...RETENTION_DEFAULT, alerts: null, onlyExported: true });
    expect(() => retentionFrom({ SAFEBAND_PRUNE_ONLY_EXPORTED: '1' })).toThrow(
      'SAFEBAND_PRUNE_ONLY_EXPORTED=1: it should be yes or no',
    );
  });
});

describe('SAFEBAND_UNIPILE_SECRET', () => {
  const SECRET = 'a-secret-of-24-characters';
  const API = { SAFEBAND_UNIPILE_DSN: 'https://a.example', SAFEBAND_UNIPILE_KEY: 'key' };

  it.each(['short', `${SECRET} `, `${SECRET},`, `${SECRET},${SECRET},${SECRET}`, `${SECRET}\n`])(
    'SAFEBAND_UNIPILE_SECRET is named in the error, and not shown, if it is %j',
    (value) => {
      const read = () => unipileFrom({ SAFEBAND_UNIPILE_SECRET: value });
      expect(read).toThrow(/^SAFEBAND_UNIPILE_SECRET should be .*openssl rand -hex 32/);
      expect(read).not.toThrow(/a-secret/);
    },
  );

  it('SAFEBAND_UNIPILE_SECRET may be one secret or two; without it, there are no webhooks', () => {
    expect(unipileFrom({})).toBeNull();
    expect(unipileFrom({ SAFEBAND_UNIPILE_SECRET: SECRET })).toEqual({
      secrets: [SECRET],
      api: null,
    });
    const both = unipileFrom({ SAFEBAND_UNIPILE_SECRET: `${SECRET},${SECRET}2`, ...API });
    expect(both).toEqual({
      secrets: [SECRET, `${SECRET}2`],
      api: { dsn: 'https://a.example', apiKey: 'key' },
    });
  });

  it.each([
    [{ SAFEBAND_UNIPILE_DSN: 'https://a.example' }, 'SAFEBAND_UNIPILE_KEY is not set'],
    [{ SAFEBAND_UNIPILE_KEY: 'key' }, 'SAFEBAND_UNIPILE_DSN is not set'],
    [API, 'SAFEBAND_UNIPILE_SECRET is not set'],
  ])('the settings %j are not complete', (settings, flaw) => {
    expect(() => unipileFrom(settings)).toThrow(flaw);
  });
});

describe('SAFEBAND_SEAL_AFTER_DAYS', () => {
  const key = { SAFEBAND_ERASURE_KEY: 'x' };

  it.each(['9', '366', 'yes', '-1', '1e2'])(
    'SAFEBAND_SEAL_AFTER_DAYS is named with its bounds if it is %j',
    (SAFEBAND_SEAL_AFTER_DAYS) => {
      expect(() => retentionFrom({ ...key, SAFEBAND_SEAL_AFTER_DAYS })).toThrow(
        `SAFEBAND_SEAL_AFTER_DAYS=${SAFEBAND_SEAL_AFTER_DAYS}: it should be a number of days, 10 to 365, or off`,
      );
    },
  );

  it('months are sealed by a person by default, and with the setting only if there is a key', () => {
    expect(retentionFrom({}).sealAfterDays).toBeNull();
    expect(retentionFrom({ SAFEBAND_SEAL_AFTER_DAYS: 'off' }).sealAfterDays).toBeNull();
    expect(retentionFrom({ ...key, SAFEBAND_SEAL_AFTER_DAYS: '12' }).sealAfterDays).toBe(12);
    expect(() => retentionFrom({ SAFEBAND_SEAL_AFTER_DAYS: '12' })).toThrow(
      'SAFEBAND_SEAL_AFTER_DAYS=12 needs SAFEBAND_ERASURE_KEY: set the key, too',
    );
  });
});
