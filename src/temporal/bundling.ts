/**
 * How the workflow bundle is built, and what its sandboxes keep: one scope instead of a module for
 * each file, and no rewriting of what Node 20 knows. Each account evaluates the whole bundle, so
 * this is memory and time of each.
 */
import { setFlagsFromString } from 'node:v8';
import type { BundleOptions } from '@temporalio/worker';

type Hook = NonNullable<BundleOptions['webpackConfigHook']>;
const TARGET = 'es2022';

export const webpackConfigHook: Hook = (config) => ({
  ...config,
  module: {
    ...config.module,
    rules: (config.module?.rules ?? []).map((rule) => retargeted(rule)),
  },
  optimization: {
    ...config.optimization,
    concatenateModules: true,
    providedExports: true,
    usedExports: true,
    sideEffects: true,
    innerGraph: true,
    minimize: false,
  },
});

type Rule = NonNullable<NonNullable<Parameters<Hook>[0]['module']>['rules']>[number];

/**
 * The sandbox keeps the stack of every promise that is pending, as text and as a list: of ten
 * frames each it is a tenth of an account's heap. Five still name who waits. To be called before a
 * worker is made; the flag is all that the sandbox heeds, its `Error` is frozen.
 */
export const keepStacksShort = (): void => setFlagsFromString('--stack-trace-limit=5');

/** The SDK's compile step, for a newer target; everything else of it as it was. */
function retargeted(rule: Rule): Rule {
  if (typeof rule !== 'object' || rule === null || !('use' in rule)) return rule;
  const { use } = rule;
  if (typeof use !== 'object' || use === null || !('options' in use)) return rule;
  const { options } = use;
  if (typeof options !== 'object' || options === null || !('jsc' in options)) return rule;
  const jsc = typeof options['jsc'] === 'object' ? options['jsc'] : {};
  return { ...rule, use: { ...use, options: { ...options, jsc: { ...jsc, target: TARGET } } } };
}
