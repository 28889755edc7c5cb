/** The settings in the environment, and the error for a wrong setting. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export type Environment = { readonly [name: string]: string | undefined };
