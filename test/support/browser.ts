/**
 * The dashboard in a real browser: an app on the stand of the file, a proxy to it that a test can
 * close, and a Chromium whose errors are collected.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import chromiumPackage from '@sparticuz/chromium';
import { pino } from 'pino';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { SafebandClient } from '../../src/client/index.js';
import { createApp } from '../../src/http/app.js';
import { makeKey, type Role } from '../../src/postgres/access/keys.js';
import { startProxy, type Proxy } from './proxy.js';
import { operationsOf } from './http.js';
import { withPatience } from './patience.js';
import { createStand, type Stand } from './stand.js';

/** Where a Chrome or a Chromium is usually installed. */
const INSTALLED = [
  '/usr/bin/google-chrome',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/**
 * Flags of the npm package that turn off security, because people's browsers keep origins apart, and
 * those that compute a graphics card: without one, a page costs half as much.
 */
const SECURITY = [
  'single-process',
  'disable-web-security',
  'disable-site-isolation-trials',
  'allow-running-insecure-content',
  'no-sandbox',
];
const GRAPHICS = [
  'use-gl',
  'use-angle',
  'enable-unsafe-swiftshader',
  'ignore-gpu-blocklist',
  'in-process-gpu',
];
/** How long a start, a click or a page may take on a slow machine; by default half a minute. */
const PATIENT_MS = 120_000;
const LEFT_OUT = new RegExp(`^--(${[...SECURITY, ...GRAPHICS].join('|')})`);

/** Returns `CHROMIUM_PATH`, else an installed browser, else the browser of the npm package. */
export async function launchBrowser(): Promise<Browser> {
  const given = process.env['CHROMIUM_PATH'] ?? INSTALLED.find((one) => existsSync(one));
  const packed = chromiumPackage.args.filter((arg) => !LEFT_OUT.test(arg));
  return chromium.launch({
    timeout: PATIENT_MS,
    executablePath: given ?? (await chromiumPackage.executablePath()),
    args: [...(given ? [] : packed), '--no-sandbox', '--disable-gpu'],
  });
}

export type Screen = {
  readonly page: Page;
  /** Errors of the browser, refused scripts and styles, and failed requests. */
  readonly complaints: string[];
  readonly close: () => Promise<void>;
};
export type ScreenOptions = {
  readonly width?: number;
  readonly isDark?: boolean;
  readonly timezone?: string;
  /** Null: no user is logged in. */
  readonly key?: string | null;
};
export type Desk = {
  readonly stand: Stand;
  readonly client: SafebandClient;
  readonly url: string;
  /** The proxy between browser and app. */
  readonly way: Proxy;
  /** How far the app's clock is ahead, in ms. */
  readonly clock: { aheadMs: number };
  readonly keyOf: (role: Role, accounts?: readonly string[]) => Promise<string>;
  /** Opens a separate window, by default logged in as an operator. */
  readonly open: (options?: ScreenOptions) => Promise<Screen>;
  readonly close: () => Promise<void>;
};

async function createDesk(): Promise<Desk> {
  const { stand, client } = withPatience(await createStand(), {});
  const clock = { aheadMs: 0 };
  const app = await createApp({
    client,
    pool: stand.pool,
    logger: pino({ level: 'silent' }),
    now: () => Date.now() + clock.aheadMs,
    temporalUiUrl: 'http://127.0.0.1:8233/namespaces/default',
    operations: await operationsOf(stand),
  });
  const way = await startProxy(await app.listen({ port: 0, host: '127.0.0.1' }));
  const browser = await launchBrowser();
  const url = new URL(way.url).origin;
  let count = 0;
  let usual: string | undefined;
  const keyOf = async (role: Role, accounts?: readonly string[]): Promise<string> => {
    count += 1;
    const made = await makeKey(stand.pool, {
      name: count === 1 ? 'Mara, on call' : `${role} ${count}`,
      role,
      ...(accounts ? { accounts } : {}),
    });
    if (!made) throw new Error('a key has that name');
    return made.key;
  };
  return {
    stand,
    client,
    url,
    way,
    clock,
    keyOf,
    open: async (options = {}) => {
      const screen = await openScreen(browser, url, options);
      usual ??= await keyOf('operator');
      const key = options.key === undefined ? usual : options.key;
      if (key !== null) await logIn(screen.page, key);
      return screen;
    },
    close: async () => {
      await browser.close();
      way.close();
      await app.close();
      await stand.close();
    },
  };
}

async function openScreen(
  browser: Browser,
  baseURL: string,
  { width = 1_280, isDark = false, timezone = 'Europe/Berlin' }: ScreenOptions,
): Promise<Screen> {
  const context: BrowserContext = await browser.newContext({
    baseURL,
    viewport: { width, height: 800 },
    colorScheme: isDark ? 'dark' : 'light',
    timezoneId: timezone,
    reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(PATIENT_MS);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.exposeFunction('tellRefusal', (text: string) => complaints.push(text));
  // Text, because it runs in the page.
  await page.addInitScript(`addEventListener('securitypolicyviolation', (event) =>
    tellRefusal('CSP: ' + event.violatedDirective + ' refused ' + event.blockedURI));`);
  return { page, complaints, close: () => context.close() };
}

async function logIn(page: Page, key: string): Promise<void> {
  await page.goto('/login');
  await page.getByLabel('API key').fill(key);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.waitForURL('**/accounts');
}

/** Reloads without any cache, as Ctrl+Shift+R does. */
export async function hardRefresh(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const loaded = page.waitForEvent('load');
  await session.send('Page.reload', { ignoreCache: true });
  await loaded;
  await session.detach();
}

let axeSource: string | undefined;
type Found = { readonly id: string; readonly nodes: readonly { target: string[] }[] };
/** Returns the rules of axe-core that the page breaks, and where. */
export async function violations(page: Page): Promise<readonly string[]> {
  axeSource ??= await readFile(createRequire(import.meta.url).resolve('axe-core'), 'utf8');
  await page.evaluate(axeSource);
  const found: readonly Found[] = await page.evaluate(
    'axe.run().then(({ violations }) => JSON.parse(JSON.stringify(violations)))',
  );
  return found.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
}

/** Saves a picture for the documents, if `SAFEBAND_SCREENSHOTS` names a folder. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env['SAFEBAND_SCREENSHOTS'];
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, `${name}.png`) });
}

/**
 * Opens a desk for a test file, and returns how its tests open windows: each test's windows close
 * at its end. `take` receives the desk before the first test.
 */
export function useDesk(take: (desk: Desk) => void): Desk['open'] {
  const screens: Screen[] = [];
  let desk: Desk | undefined;
  beforeAll(async () => {
    desk = await createDesk();
    take(desk);
  });
  afterAll(() => desk?.close());
  afterEach(async () => {
    for (const screen of screens.splice(0)) await screen.close();
  });
  return async (options) => {
    if (!desk) throw new Error('the desk opens before the first test');
    const screen = await desk.open(options);
    screens.push(screen);
    return screen;
  };
}
