/** Options of layers with windows, as far as they are wrong whatever the input: refused where the layer is made. */

import { ArgumentError, describe } from '../../core/base/errors.js';
import { checkPoolBorders } from '../../core/ops/pooling.js';
import { borders, type PerAxis, perAxis } from '../../core/ops/windows.js';
import type { Border } from '../../core/rules/window.js';
import { checkChoice } from '../../core/tensor/arguments.js';
import { checkLayout, type Layout } from '../functional/normalise.js';

/** Whatever layers with windows are told of them. */
interface WindowOptions {
  readonly stride?: unknown;
  readonly padding?: unknown;
  readonly dilation?: unknown;
  readonly outputPadding?: unknown;
  readonly layout?: unknown;
  readonly paddingMode?: unknown;
  readonly divisor?: unknown;
}

/** The number before the brackets of options, which is easily written inside. */
const checkKernel = (op: string, kernel: unknown): void => {
  if (typeof kernel === 'object' && kernel !== null && !Array.isArray(kernel))
    throw new ArgumentError({
      op,
      problem: `the kernel is ${describe(kernel)}`,
      remedy: `the kernel comes first, and options after it: ${op}(2, { stride: 2 })`,
    });
};

/** Throws for an option that no input can make right. */
export const checkWindowOptions = (
  op: string,
  axes: number,
  { stride, padding, dilation, outputPadding, layout, paddingMode, divisor }: WindowOptions,
): void => {
  if (stride !== undefined) perAxis(op, 'stride', stride as PerAxis, axes, 1);
  if (dilation !== undefined) perAxis(op, 'dilation', dilation as PerAxis, axes, 1);
  if (outputPadding !== undefined) perAxis(op, 'outputPadding', outputPadding as PerAxis, axes, 0);
  if (typeof padding === 'string') checkChoice(op, 'padding', padding, ['valid', 'same']);
  else if (padding !== undefined) borders(op, padding as number | readonly (number | Border)[], axes);
  if (layout !== undefined) checkLayout(op, layout as Layout);
  if (paddingMode !== undefined)
    checkChoice(op, 'paddingMode', paddingMode, ['zeros', 'reflect', 'replicate', 'circular']);
  if (divisor !== undefined && (!Number.isFinite(divisor) || divisor === 0))
    throw new ArgumentError({ op, problem: `divisor ${describe(divisor)}`, remedy: 'give a number other than 0' });
};

/** The same of pooling, whose padding is smaller than its windows. */
export const checkPoolOptions = (op: string, axes: number, kernel: unknown, options: WindowOptions): void => {
  checkKernel(op, kernel);
  const taps = perAxis(op, 'kernel', kernel as PerAxis, axes, 1);
  checkWindowOptions(op, axes, options);
  const { padding = 0, dilation = 1 } = options;
  if (typeof padding !== 'string')
    checkPoolBorders(
      op,
      taps,
      perAxis(op, 'dilation', dilation as PerAxis, axes, 1),
      borders(op, padding as number | readonly (number | Border)[], axes),
    );
};
