/** Waits for changes of files: `npm run dev` builds again, and restarts its processes. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { pause } from './child.js';

/** How long it waits between two checks: editors replace files in ways that no watcher reports. */
const POLL_MS = 500;

export type Watch = {
  readonly folders: readonly string[];
  readonly onChange: () => Promise<void>;
  /** Ends the watch. */
  readonly signal: AbortSignal;
};

/** Calls `onChange` after each change, also after one that came while `onChange` was at work. */
export async function watchFiles({ folders, onChange, signal }: Watch): Promise<void> {
  let known = await stateOf(folders);
  while (!signal.aborted) {
    await pause(POLL_MS);
    const found = await stateOf(folders);
    if (found === known || signal.aborted) continue;
    known = found;
    await onChange();
  }
}

/** Returns a text that is another after a file was changed, added or deleted. */
async function stateOf(folders: readonly string[]): Promise<string> {
  const names = await Promise.all(
    folders.map(async (folder) => {
      const entries = await readdir(folder, { recursive: true });
      return entries.map((name) => path.join(folder, name));
    }),
  );
  const states = names.flat().map(async (name) => {
    // A file may be deleted between both calls: the next check is without it.
    const found = await stat(name).catch(() => undefined);
    return found?.isFile() ? `${name} ${found.mtimeMs} ${found.size}` : '';
  });
  return (await Promise.all(states)).toSorted().join('\n');
}
