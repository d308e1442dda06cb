/**
 * Mistakes that change nothing that anybody could see, each with the reason. One is known by its file, its operator and the text
 * of its line, so that it stays known when lines move.
 */
import type { OperatorName } from './operators.js';

export interface Equivalent {
  readonly path: string;
  readonly operator: OperatorName;
  /** The line, without the blanks around it. */
  readonly line: string;
  readonly why: string;
}

export const equivalents: readonly Equivalent[] = [];
