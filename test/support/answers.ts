/** The answers of page, API and command line about one account. */
import type { Why } from '../../src/domain/diagnostics/why/model.js';
import type { StatusRead } from '../../src/status/readStatus.js';
import { safeband, settingsOf } from './cli.js';
import type { HttpStand } from './http.js';

/** The answer without the length of time in its line, which may change between two reads. */
export const lasting = <T extends { readonly canSend: { readonly line: string } }>(
  answer: T,
): T => ({
  ...answer,
  canSend: { ...answer.canSend, line: withoutLength(answer.canSend.line) },
});
export const withoutLength = (text: string): string =>
  text.replaceAll(/in \d+ (?:days|h \d\d min|min \d\d s|s)\b/g, 'in …');

export const textOf = (html: string): string =>
  html
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ ([).,])/g, '$1');

export type Item = Pick<StatusRead, 'accountId' | 'canSend'>;
type List = { readonly items: readonly Item[] };

/** Asks page, API and command line at once: without a worker, each waits for its own time limit. */
export async function asked(stand: HttpStand, key: string, id: string, isAway: boolean) {
  const { env, ...settings } = settingsOf(stand);
  const away = isAway ? { TEMPORAL_ADDRESS: '127.0.0.1:1' } : {};
  const command = async (...argv: readonly string[]) => {
    const { code, out } = await safeband([...argv, '--json'], {
      ...settings,
      env: { ...env, ...away },
    });
    return { code, json: code <= 1 ? JSON.parse(out) : undefined };
  };
  const get = (url: string) =>
    stand.ask(key, url, undefined, { headers: { 'cache-control': 'no-cache' } });
  const [api, why, list, page, article, inPage, next] = await Promise.all([
    get(`/v1/accounts/${id}/status`),
    get(`/v1/accounts/${id}/why`),
    get(`/v1/accounts?prefix=${id}`),
    get(`/accounts/${id}`),
    get(`/accounts/${id}/why`),
    get(`/accounts?q=${id}`),
    get(`/v1/accounts/${id}/nextSlots?count=5`),
  ]);
  const [status, whyCommand, check, listCommand, slots] = await Promise.all([
    command('status', id),
    command('why', id),
    command('check', id, '--wait', '0'),
    command('status', '--prefix', id),
    command('slots', id, '--count', '5'),
  ]);
  return {
    api: api.json<StatusRead>(),
    why: why.json<Why>(),
    items: list.json<List>().items.filter(({ accountId }) => accountId === id),
    page: page.body,
    article: textOf(article.body),
    inPage: textOf(inPage.body),
    next: next.statusCode === 200 ? next.json() : next.statusCode,
    command: {
      status: status.json,
      why: whyCommand.json,
      check: check.json,
      list: listCommand.json,
      slots: slots.code === 0 ? slots.json.slots : slots.code,
    },
  };
}

/** Returns a sentence as a page shows it: in the reader's zone, so without the ISO form. */
export const withoutIso = (sentence: string): string =>
  sentence.replaceAll(/ \(\d{4}-[-:.\dT]+Z\)/g, '');
