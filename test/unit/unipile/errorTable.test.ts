/** The table of Unipile's errors: complete, and on the safe side. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DOCUMENTED_ERRORS, kindOf, UNIPILE_ERRORS } from '../../../src/unipile/index.js';

const documented = [...new Set(Object.values(DOCUMENTED_ERRORS).flat())].toSorted();
const rows = Object.entries(UNIPILE_ERRORS);

describe('the table of the errors of Unipile', () => {
  it('the table has a row for each documented code, and no other row', () => {
    expect(rows.map(([code]) => code).toSorted()).toEqual(documented);
    expect(documented.length).toBeGreaterThan(80);
  });

  it.each([
    ['errors/too_many_requests', 'throttled'],
    ['provider/too_many_requests', 'throttled'],
    ['api/too_many_requests', 'not_attempted'],
    ['errors/limit_exceeded', 'throttled'],
    ['errors/insufficient_credits', 'no_credits'],
    ['errors/account_restricted', 'restricted'],
    ['errors/checkpoint_error', 'restricted'],
    ['errors/disconnected_account', 'not_attempted'],
    ['errors/missing_credentials', 'not_attempted'],
    ['errors/invalid_recipient', 'rejected'],
    ['errors/no_connection_with_recipient', 'rejected'],
    ['errors/not_allowed_inmail', 'rejected'],
    ['errors/action_already_performed', 'unknown'],
    ['errors/request_timeout', 'unknown'],
    ['errors/provider_unreachable', 'unknown'],
  ])('the kind of %s is %s', (code, kind) => {
    expect(kindOf(code)).toBe(kind);
  });

  it.each(['errors/new_next_year', 'constructor', '__proto__', '', undefined])(
    'the code %j, which no page documents, is unknown and spends the slot',
    (code) => {
      expect(kindOf(code)).toBe('unknown');
    },
  );

  it('no failure of a server is certain: each of 500 and more is unknown, but 501', () => {
    const failed = Object.entries(DOCUMENTED_ERRORS).flatMap(([status, codes]) =>
      Number(status) >= 500 && status !== '501' ? [...codes] : [],
    );
    expect(failed.length).toBeGreaterThan(8);
    expect(failed.filter((code) => kindOf(code) !== 'unknown')).toEqual([]);
  });

  it('docs/unipile.md shows each code with its kind', () => {
    const page = readFileSync('docs/unipile.md', 'utf8');
    const shown = [...page.matchAll(/^\| `([a-z]+\/\w+)` +\| `(\w+)` +\|/gm)].map(
      ([, code = '', kind = '']) => [code, kind],
    );
    expect(shown).toEqual(rows.map(([code, kind]) => [code, kind]));
  });
});
