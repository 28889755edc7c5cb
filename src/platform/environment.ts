/** Settings as the environment has them, and the error of one that is no good. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export type Environment = { readonly [name: string]: string | undefined };
