/**
 * `npm run kubernetes`: renders an overlay with kubectl or kustomize, and checks the result. With a
 * folder, such as `npm run kubernetes -- ../our-overlay`, it checks that overlay.
 */
import { fileURLToPath } from 'node:url';
import { run } from '../../dev/child.js';
import { faultsOf, manifestsIn } from './validate.js';

const RENDERERS: readonly (readonly [string, readonly string[]])[] = [
  ['kubectl', ['kustomize']],
  ['kustomize', ['build']],
];
const MISSING =
  'neither kubectl nor kustomize is in PATH: install one of them ' +
  '(go install sigs.k8s.io/kustomize/kustomize/v5@latest). npm test checks the files without them.';

/** Returns what the first of these programs renders; undefined if none of them is installed. */
async function rendered(folder: string): Promise<string | undefined> {
  for (const [program, args] of RENDERERS) {
    try {
      return (await run(program, [...args, folder], { maxBuffer: 1e8 })).stdout;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
  return undefined;
}

const folder = process.argv[2] ?? fileURLToPath(new URL('example', import.meta.url));
const text = await rendered(folder);
if (text === undefined) {
  process.stderr.write(`NOT CHECKED: ${MISSING}\n`);
  process.exitCode = 2;
} else {
  const manifests = manifestsIn(text);
  const faults = faultsOf(manifests);
  const list = manifests.map(({ kind, metadata }) => `  ${kind} ${metadata.name}`);
  process.stdout.write(
    `${[`${folder}: ${manifests.length} objects`, ...list, ...faults].join('\n')}\n`,
  );
  process.stdout.write(faults.length === 0 ? 'all are valid\n' : `${faults.length} faults\n`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
