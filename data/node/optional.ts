/** Packages that only some functions need: loaded when the first of them is called, and named when they are missing. */
import { ArgumentError } from '../../core/base/errors.js';

/**
 * What `load` imports.
 * @throws ArgumentError that names the package when it is not installed.
 */
export const optional = async <T>(op: string, name: string, load: () => Promise<T>, otherwise = ''): Promise<T> => {
  const module = await load().catch(() => null);
  if (module === null)
    throw new ArgumentError({
      op,
      problem: `the package ${name} is not installed`,
      remedy: `npm install ${name}${otherwise}`,
    });
  return module;
};
