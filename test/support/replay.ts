/**
 * `node --import tsx replay.ts <bundle> <workflow id> <history.json>...` replays recorded runs in the
 * time zone of its environment, and prints this time zone.
 */
import { readFile } from 'node:fs/promises';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';

const [codePath = '', workflowId = '', ...files] = process.argv.slice(2);
Runtime.install({ logger: new DefaultLogger('ERROR') });
let events = 0;
for (const file of files) {
  const history = historyFromJSON(JSON.parse(await readFile(file, 'utf8')));
  await Worker.runReplayHistory({ workflowBundle: { codePath } }, history, workflowId);
  events += history.events?.length ?? 0;
}
const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
process.stdout.write(JSON.stringify({ timeZone, files: files.length, events }));
