/** What a form sent: texts by name; anything else is as if it were not there. */
import { TIERS, isTier } from '../../domain/tier.js';
import { invalidInput } from '../problems.js';

export type Form = { readonly [name: string]: string };

const TEXT_MAX = 4_000;

export function formOf(body: unknown): Form {
  if (typeof body !== 'object' || body === null) return {};
  return Object.fromEntries(
    Object.entries(body)
      .filter((entry): entry is [string, string] => typeof entry[1] === 'string')
      .map(([name, value]) => [name, value.trim().slice(0, TEXT_MAX)]),
  );
}

/** Empty is null; what is no number is refused by name. */
export function numberIn(form: Form, name: string): number | null {
  const text = (form[name] ?? '').trim();
  if (text === '') return null;
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw invalidInput(`${name} should be a whole number of InMails, or empty`, name);
}

export function renewalIn(form: Form): number | null {
  const text = (form['creditsRenewOn'] ?? '').trim();
  if (text === '') return null;
  if (/^\d{1,2}$/.test(text)) return Number(text);
  throw invalidInput('creditsRenewOn should be a day from 1 to 31, or empty', 'creditsRenewOn');
}

export function rampIn(form: Form): { readonly dailyCaps: readonly number[] } | null {
  const text = (form['ramp'] ?? '').trim();
  if (text === '') return null;
  const parts = text.split(/[\s,;]+/).filter(Boolean);
  if (parts.every((part) => /^\d{1,6}$/.test(part))) return { dailyCaps: parts.map(Number) };
  throw invalidInput('ramp should be numbers with commas between, such as 5, 10, 20', 'ramp');
}

export function tierIn(form: Form): (typeof TIERS)[number] {
  const tier = form['tier'];
  if (isTier(tier)) return tier;
  throw invalidInput(`tier should be one of ${TIERS.join(', ')}`, 'tier');
}
