/**
 * How the workflow bundle is built: one scope instead of a module for each file, and no rewriting
 * of syntax that Node 20 knows. All workflows of a worker thread share the modules of the bundle.
 * Otherwise each account would evaluate the whole bundle, and keep its own functions and constants.
 * So a module keeps no state of a run, except in a `WeakMap` or `WeakSet` by an object of the run
 * (test/repository/sharedModules.test.ts).
 */
import { setFlagsFromString } from 'node:v8';
import type { BundleOptions } from '@temporalio/worker';

type Hook = NonNullable<BundleOptions['webpackConfigHook']>;
const TARGET = 'es2022';

const webpackConfigHook: Hook = (config) => ({
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

/** The files of a bundle: its workflows, its interceptors, and its converter of payloads. */
export type BundleFiles = {
  readonly workflows: string;
  readonly interceptors: string;
  readonly payloadConverter: string;
};

/** Returns the options of a bundle whose workflows share all modules of these files. */
export const sharedBundle = ({ workflows, interceptors, payloadConverter }: BundleFiles) => ({
  webpackConfigHook,
  preloadModules: [workflows, interceptors, payloadConverter],
});

type Rule = NonNullable<NonNullable<Parameters<Hook>[0]['module']>['rules']>[number];

/**
 * Shortens the stacks that a sandbox keeps. It keeps the stack of every pending promise, as text
 * and as a list: with ten frames each, stacks are a tenth of an account's heap. Five frames still
 * show what waits. Call this before a worker is made. Only this flag has an effect in the sandbox,
 * because its `Error` is frozen.
 */
export const keepStacksShort = (): void => setFlagsFromString('--stack-trace-limit=5');

/** Returns the SDK's compile step with a newer target, otherwise unchanged. */
function retargeted(rule: Rule): Rule {
  if (typeof rule !== 'object' || rule === null || !('use' in rule)) return rule;
  const { use } = rule;
  if (typeof use !== 'object' || use === null || !('options' in use)) return rule;
  const { options } = use;
  if (typeof options !== 'object' || options === null || !('jsc' in options)) return rule;
  const jsc = typeof options['jsc'] === 'object' ? options['jsc'] : {};
  return { ...rule, use: { ...use, options: { ...options, jsc: { ...jsc, target: TARGET } } } };
}
