/** What the runner and its test processes say to each other. */

/** How the tests of a file ended. */
export interface Verdict {
  readonly file: string;
  readonly passed: number;
  readonly failed: number;
  /** Seconds of processor time in the test process, without its children; less noisy than the clock where others compute, too. */
  readonly computed: number;
}

/** Printed after the last output of a file. No test prints it. */
export const endOfFile = '\u0000end of file\u0000';

/** Sent in place of a file when there are no more. */
export const nothingLeft = '';

/** The exit code of a process in which something failed when no file was running. */
export const strayFailure = 70;

/** Names of the backends on which suites can run; the first is the library's own default. */
export const backends: readonly string[] = ['wasm', 'reference'];
