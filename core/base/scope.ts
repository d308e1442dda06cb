/**
 * Where we are: the layer path of what runs now (`encoder.2`) and what the user called, so that errors can say where they happened.
 * A tape keeps the place of each operation and goes back there to undo it, a program keeps it to run it. Dynamic extent only: every
 * function here restores the place however its argument ends.
 */

/** The layer path, what the user called, and the line of the caller's source where somebody has asked for lines. */
export interface Place {
  readonly path: readonly string[];
  /** The public function that runs, while it is made of others: errors of these carry its name. */
  readonly operation: string | null;
  readonly line: string | null;
}

const nowhere: Place = Object.freeze({ path: Object.freeze([]), operation: null, line: null });

let place: Place = nowhere;

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

/** Runs the body of the public function `name`, unless it runs inside another: then that one keeps its name. */
export const inOperation = <T>(name: string, f: () => T): T => {
  if (place.operation !== null) return f();
  const before = place;
  place = { path: before.path, operation: name, line: before.line };
  try {
    return f();
  } finally {
    place = before;
  }
};

/** The operation as the user called it: `own`, unless it is a part of another. `conv2d` is how `conv` calls itself. */
export const operationFor = (own: string): string => {
  const { operation } = place;
  if (operation === null) return own;
  return own.startsWith(operation) && /^\d|^$/.test(own.slice(operation.length)) ? own : operation;
};

/** Runs `f` with `name` appended to the layer path. */
export const withScope = <T>(name: string, f: () => T): T => at({ ...place, path: [...place.path, name] }, f);

/** Runs `f` at a place left before, `name` appended to its layer path. */
export const returnTo = <T>({ path, operation, line }: Place, name: string, f: () => T): T =>
  at({ path: [...path, name], operation, line }, f);

/** Runs `f`, a part of a program, where it was written down; where that was nowhere in particular, here. */
export const runAt = <T>(where: Place | undefined, f: () => T): T => (where === undefined ? f() : at(where, f));

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

/** The present place, for a program to keep; `undefined` where it says nothing. */
export const notedPlace = (): Place | undefined =>
  place.operation === null && place.path.length === 0
    ? undefined
    : Object.freeze({ path: Object.freeze(place.path), operation: place.operation, line: null });

export const scopePath = (): string => place.path.join('.');
