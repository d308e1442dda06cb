/** Where downloaded data sets are kept. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { checkObject } from '../checks.js';

/**
 * The cache folder: `TAPEGRAD_CACHE` if that is set, else `tapegrad` in the user's cache folder (`XDG_CACHE_HOME`, or
 * `.cache` at home).
 * @example
 * cacheFolder({ XDG_CACHE_HOME: '/var/cache' }) // '/var/cache/tapegrad'
 */
export const cacheFolder = (environment: Readonly<Record<string, string | undefined>> = process.env): string => {
  checkObject('cacheFolder', 'the environment', environment);
  return environment.TAPEGRAD_CACHE ?? join(environment.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'tapegrad');
};
