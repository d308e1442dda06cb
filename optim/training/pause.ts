/**
 * A pause now and then, so that pages stay alive, other work gets its turn, and memory that nobody holds any more is given
 * back. When it happens has no influence on any number.
 */

const longest = 50;
let last = 0;

/** Returns at once, or lets everything else run first when it has not for a while. */
export const breathe = (): Promise<void> | undefined => {
  const now = Date.now();
  if (now - last < longest) return undefined;
  return new Promise((resolve) => {
    setTimeout(() => {
      last = Date.now();
      resolve();
    }, 0);
  });
};
