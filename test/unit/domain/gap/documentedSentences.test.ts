/** The sentences that documents show as examples are sentences that the code makes (R17). */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { GAP_CAUSES } from '../../../../src/domain/gap/breakdown.js';
import { isNormal, phraseOf } from '../../../../src/domain/gap/phrases.js';
import { headlineOf } from '../../../../src/domain/gap/sentences.js';
import { dayOf } from '../../../../src/domain/primitives/time.js';
import { at, must, r } from '../../../support/scenario.js';

const NOW = at('09:00');
const files = readdirSync('docs').filter((name) => name.endsWith('.md'));
const text = files.map((name) => readFileSync(`docs/${name}`, 'utf8')).join('\n');

it('each headline of the documents is the headline of its two numbers', () => {
  const shown = [...text.matchAll(/"headline": "([^"]+)"/g)].map(([, headline = '']) => headline);
  expect(shown.length).toBeGreaterThanOrEqual(3);
  const made = shown.map((headline) => {
    const [counter = 0, logged = 0] = (headline.match(/\d+/g) ?? []).map(Number);
    return headlineOf({ day: dayOf(NOW), counter, logged }, NOW);
  });
  expect(shown).toEqual(made);
});

it('each part of the example of docs/history.md has the phrase of its cause', () => {
  const [, json = ''] =
    /```json\n([\s\S]*?)```/.exec(readFileSync('docs/history.md', 'utf8')) ?? [];
  const { parts }: { parts: readonly Shown[] } = JSON.parse(json);
  expect(parts.length).toBe(3);
  for (const { cause, count, isNormal: isShownNormal, reservations, text: shown } of parts) {
    const part = { cause: must(isCause, cause), count, reservations: reservations.map(r) };
    expect(shown).toContain(phraseOf(part, count === 1));
    expect(isShownNormal).toBe(isNormal(part));
  }
});

type Shown = {
  readonly cause: string;
  readonly count: number;
  readonly isNormal: boolean;
  readonly reservations: readonly string[];
  readonly text: string;
};
const isCause = (cause: unknown): cause is (typeof GAP_CAUSES)[number] =>
  GAP_CAUSES.some((known) => known === cause);
