/**
 * Where we are: the layer path of what runs now (`encoder.2`), so that errors can say where they happened. A tape keeps
 * the place of each operation and goes back there to undo it. Dynamic extent only: every function here restores the
 * place however its argument ends.
 */

/** The layer path, and the line of the caller's source where somebody has asked for lines. */
export interface Place {
  readonly path: readonly string[];
  readonly line: string | null;
}

let place: Place = { path: [], line: null };

/** Finds the line of the caller's source; `null` while nobody wants to know, because looking is slow. */
let findLine: (() => string | null) | null = null;

const at = <T>(where: Place, f: () => T): T => {
  const before = place;
  place = where;
  try {
    return f();
  } finally {
    place = before;
  }
};

/** What the user called, while a composition of other operations runs: errors of these carry its name. */
let operation: string | null = null;

/** Runs the body of the public function `name`, unless it runs inside another: then that one keeps its name. */
export const inOperation = <T>(name: string, f: () => T): T => {
  if (operation !== null) return f();
  operation = name;
  try {
    return f();
  } finally {
    operation = null;
  }
};

/** The operation as the user called it: `own`, unless it is a part of another. `conv2d` is how `conv` calls itself. */
export const operationFor = (own: string): string =>
  operation === null || own.startsWith(operation) ? own : operation;

/** Runs `f` with `name` appended to the layer path. */
export const withScope = <T>(name: string, f: () => T): T => at({ ...place, path: [...place.path, name] }, f);

/** Runs `f` at a place left before, `name` appended to its layer path. */
export const returnTo = <T>({ path, line }: Place, name: string, f: () => T): T =>
  at({ path: [...path, name], line }, f);

/** Runs `f` with source lines noted by `find`. */
export const withLines = <T>(find: () => string | null, f: () => T): T => {
  const before = findLine;
  findLine = find;
  try {
    return f();
  } finally {
    findLine = before;
  }
};

/** The present place. What undoes an operation counts as happening on that operation's line. */
export const here = (): Place => (findLine === null ? place : { ...place, line: place.line ?? findLine() });

export const scopePath = (): string => place.path.join('.');
