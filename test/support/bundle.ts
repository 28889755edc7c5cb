/** A workflow bundle, built as the worker builds its own. */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { sharedBundle } from '../../src/temporal/bundling.js';

const source = (name: string): string =>
  fileURLToPath(new URL(`../../src/${name}`, import.meta.url));

/** Bundles these workflows into that file. */
export async function writeBundle(
  file: string,
  workflowsPath = source('workflows/index.ts'),
): Promise<void> {
  const interceptors = source('temporal/interceptors.ts');
  const payloadConverter = source('temporal/payloadConverter.ts');
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    workflowInterceptorModules: [interceptors],
    payloadConverterPath: payloadConverter,
    logger: new DefaultLogger('WARN'),
    ...sharedBundle({ workflows: workflowsPath, interceptors, payloadConverter }),
  });
  await writeFile(file, code);
}
