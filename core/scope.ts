/**
 * The layer path of what runs now (`encoder.2`), so that errors can say where they happened.
 * Dynamic extent only: `withScope` restores the path however its function ends.
 */

let path: readonly string[] = [];

/** Runs `f` with `name` appended to the layer path. */
export const withScope = <T>(name: string, f: () => T): T => {
  const before = path;
  path = [...before, name];
  try {
    return f();
  } finally {
    path = before;
  }
};

export const scopePath = (): string => path.join('.');
