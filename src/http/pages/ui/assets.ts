/**
 * Style sheet, scripts and icon: read and compressed once. Their names contain a hash of the
 * content, so that a browser may cache them permanently and never uses an old version.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { AssetUrls } from './layout.js';

export type Asset = {
  readonly name: string;
  readonly type: string;
  readonly body: Buffer;
  readonly br: Buffer;
  readonly gzip: Buffer;
};
export type Assets = { readonly urls: AssetUrls; readonly byName: ReadonlyMap<string, Asset> };

const PUBLIC = new URL('../../../../public/', import.meta.url);
const ownFile = (name: string): string => fileURLToPath(new URL(name, PUBLIC));
const JS = 'text/javascript; charset=utf-8';

const FILES = [
  { stem: 'app', end: 'css', type: 'text/css; charset=utf-8', path: ownFile('app.css') },
  { stem: 'icon', end: 'svg', type: 'image/svg+xml', path: ownFile('icon.svg') },
  {
    stem: 'idiomorph',
    end: 'js',
    type: JS,
    path: createRequire(import.meta.url).resolve('idiomorph/dist/idiomorph.min.js'),
  },
  { stem: 'live', end: 'js', type: JS, path: ownFile('live.js') },
  { stem: 'controls', end: 'js', type: JS, path: ownFile('controls.js') },
] as const;

export async function readAssets(): Promise<Assets> {
  const made = await Promise.all(
    FILES.map(async ({ stem, end, type, path }) => {
      const body = await readFile(path);
      const hash = createHash('sha256').update(body).digest('hex').slice(0, 10);
      const asset: Asset = {
        name: `${stem}.${hash}.${end}`,
        type,
        body,
        br: await promisify(brotliCompress)(body, {
          params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY },
        }),
        gzip: await promisify(gzip)(body, { level: constants.Z_BEST_COMPRESSION }),
      };
      return [stem, asset] as const;
    }),
  );
  const url = (stem: string): string =>
    `/assets/${made.find(([one]) => one === stem)?.[1].name ?? ''}`;
  return {
    urls: {
      css: url('app'),
      morph: url('idiomorph'),
      live: url('live'),
      controls: url('controls'),
      icon: url('icon'),
    },
    byName: new Map(made.map(([, asset]) => [asset.name, asset])),
  };
}

/** Returns the best encoding that a browser accepts, from its `accept-encoding`. */
export function encodingFor(accepted: string | string[] | undefined): 'br' | 'gzip' | null {
  const text = String(accepted ?? '');
  if (/\bbr\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(text)) return 'br';
  return /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(text) ? 'gzip' : null;
}
