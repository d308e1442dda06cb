/** The line of the caller's source that led here: the innermost one outside this library. */

interface Limited {
  stackTraceLimit?: number;
}

/** Frames are written `at f (file:line:column)` by some engines, `f@file:line:column` by others. */
const frame = /(?:\(|@|at (?:async )?)((?:file:\/\/|https?:\/\/|\/|[A-Za-z]:[\\/])[^()@]*?):(\d+):(\d+)\)?$/;

const withoutScheme = (file: string): string => file.replace(/^file:\/\//, '');

/**
 * The folders of this library: that of this file, and those of the sources. In the package these two differ, and which of
 * them stands in a stack depends on whether source maps are read.
 */
const ownFolders = ((): readonly string[] => {
  const here = new URL('.', import.meta.url).href;
  const beside = ['core', 'autograd', 'nn', 'optim', 'data'].map(
    (folder) => new URL(`../${folder}/`, import.meta.url).href,
  );
  return [here, ...beside].map(withoutScheme);
})();

/** `file:line:column`, or `null` where the engine gives no such thing. */
export const sourceLine = (): string | null => {
  const engine = Error as Limited;
  const before = engine.stackTraceLimit;
  engine.stackTraceLimit = 200;
  const stack = new Error().stack ?? '';
  if (before !== undefined) engine.stackTraceLimit = before;
  for (const line of stack.split('\n')) {
    const [, file, row, column] = frame.exec(line.trim()) ?? [];
    if (file === undefined) continue;
    const path = withoutScheme(file);
    if (!ownFolders.some((folder) => path.startsWith(folder))) return `${path}:${row}:${column}`;
  }
  return null;
};
