/** The domain and the other pure files that a check needs, in which one text may be replaced. */
import { breaking, type Mutant } from './mutant.js';
import { bundledDomain } from '../support/bundledDomain.js';
import { CHECKED_FILES, type Checked } from './checkedFiles.js';

/** Returns the domain with one text replaced. Throws if the text is not there exactly once. */
export const brokenDomain = (mutant?: Mutant): Promise<Checked> =>
  bundledDomain<Checked>(CHECKED_FILES, mutant && breaking(mutant));
