/** Where downloaded data sets are kept. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { checkObject, checkText } from '../checks.js';

/**
 * The cache folder: `TAPEGRAD_CACHE` if that is set, else `tapegrad` in the user's cache folder (`XDG_CACHE_HOME`, or
 * `.cache` at home).
 * @example
 * cacheFolder({ XDG_CACHE_HOME: '/var/cache' }) // '/var/cache/tapegrad'
 */
export const cacheFolder = (environment: Readonly<Record<string, string | undefined>> = process.env): string => {
  checkObject('cacheFolder', 'the environment', environment);
  const { TAPEGRAD_CACHE: own, XDG_CACHE_HOME: user } = environment;
  for (const [name, path] of Object.entries({ TAPEGRAD_CACHE: own, XDG_CACHE_HOME: user }))
    if (path !== undefined) checkText('cacheFolder', name, path);
  return own ?? join(user ?? join(homedir(), '.cache'), 'tapegrad');
};
