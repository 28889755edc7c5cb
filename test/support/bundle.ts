/** A workflow bundle, built as the worker builds its own. */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { webpackConfigHook } from '../../src/temporal/bundling.js';

const source = (name: string): string =>
  fileURLToPath(new URL(`../../src/${name}`, import.meta.url));

/** Bundles these workflows into that file. */
export async function writeBundle(
  file: string,
  workflowsPath = source('workflows/index.ts'),
): Promise<void> {
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    workflowInterceptorModules: [source('temporal/interceptors.ts')],
    payloadConverterPath: source('temporal/payloadConverter.ts'),
    logger: new DefaultLogger('WARN'),
    webpackConfigHook,
  });
  await writeFile(file, code);
}
