/** The line of the caller's source that led here: the innermost one outside this library. */

interface Limited {
  stackTraceLimit?: number;
}

/** Frames are written `at f (file:line:column)` by some engines, `f@file:line:column` by others. */
const frame = /(?:\(|@|at (?:async )?)((?:file:\/\/|https?:\/\/|\/|[A-Za-z]:[\\/])[^()@]*?):(\d+):(\d+)\)?$/;

const withoutScheme = (file: string): string => file.replace(/^file:\/\//, '');

/**
 * The folders of this library: that of this file, and those of the sources. In the package these two differ, and which of
 * them stands in a stack depends on whether source maps are read. A bundle that is no module does not know where it is.
 */
const ownFolders = (): readonly string[] => {
  const base: string | undefined = import.meta.url;
  if (base === undefined) return [];
  const beside = ['core', 'autograd', 'nn', 'optim', 'data'].map((folder) => new URL(`../${folder}/`, base).href);
  return [new URL('.', base).href, ...beside].map(withoutScheme);
};

/** `file:line:column`, or `null` where the engine gives no such thing. */
export const sourceLine = (): string | null => {
  const engine = Error as Limited;
  const before = engine.stackTraceLimit;
  engine.stackTraceLimit = 200;
  const stack = new Error().stack ?? '';
  if (before !== undefined) engine.stackTraceLimit = before;
  const own = ownFolders();
  for (const line of stack.split('\n')) {
    const [, file, row, column] = frame.exec(line.trim()) ?? [];
    if (file === undefined) continue;
    const path = withoutScheme(file);
    if (!own.some((folder) => path.startsWith(folder))) return `${path}:${row}:${column}`;
  }
  return null;
};
