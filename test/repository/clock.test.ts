/** The command that runs others at another time reads its arguments, and refuses what it cannot do. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { INSTANTS, lacking, planOf, ZONES } from '../clock/at.js';

describe('npm run at', () => {
  it('npm run at runs a command at one instant in one zone', () => {
    expect(planOf(['2028-02-28T23:55:00Z', 'Asia/Tokyo', 'npm', 'test'])).toEqual({
      moments: [{ instant: '2028-02-28T23:55:00Z', zone: 'Asia/Tokyo' }],
      command: ['npm', 'test'],
    });
  });

  it('npm run at runs a command at every instant in every zone', () => {
    const plan = planOf(['every', 'npm', 'test']);
    expect(plan).toMatchObject({ command: ['npm', 'test'] });
    const moments = typeof plan === 'string' ? [] : plan.moments;
    expect(moments).toHaveLength(Object.keys(INSTANTS).length * ZONES.length);
    expect(new Set(moments.map((moment) => JSON.stringify(moment))).size).toBe(moments.length);
  });

  it.each([
    ['usage: npm run at', []],
    ['usage: npm run at', ['every']],
    ['usage: npm run at', ['2028-02-28T23:55:00Z', 'UTC']],
    ['with its offset', ['2028-02-28T23:55:00', 'UTC', 'date']],
    ['with its offset', ['yesterday', 'UTC', 'date']],
    ['IANA time zone', ['2028-02-28T23:55:00Z', 'Tokio', 'date']],
  ])('npm run at refuses with "%s" the arguments %j', (sentence, words) => {
    expect(planOf(words)).toContain(sentence);
  });

  it('npm run at names what is missing on a machine', () => {
    expect(lacking('darwin-arm64', true)).toContain('linux-x64 only');
    expect(lacking('linux-x64', false)).toContain('apt-get install gcc');
    expect(lacking('linux-x64', true)).toBeUndefined();
  });

  it('npm run at ends with code 2 and runs nothing when its arguments are wrong', () => {
    const words = ['--import', 'tsx', 'test/clock/at.ts', 'tomorrow', 'UTC', 'node', '-v'];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain('tomorrow should be an instant');
  });
});
