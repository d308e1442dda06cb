/** A list of option names that is not complete, has one too many, or does not call a flag one does not compile. */
import { checkedOptions, type OptionNames } from '../../core/tensor/arguments.js';

interface Options {
  readonly axis?: number;
  readonly keepDims?: boolean;
}

type Either = { readonly mode: 'a'; readonly size: number } | { readonly mode: 'b'; readonly scale: number };

const options: Options = {};

const all = { axis: true, keepDims: 'flag' } as const;
checkedOptions('f', options, all);

const few = { axis: true } as const;
// @ts-expect-error keepDims is missing
checkedOptions('f', options, few);

const many = { axis: true, keepDims: 'flag', axes: true } as const;
// @ts-expect-error axes is no option
checkedOptions('f', options, many);

const unflagged = { axis: true, keepDims: true } as const;
// @ts-expect-error keepDims is true or false: a flag
checkedOptions('f', options, unflagged);

// @ts-expect-error keepDims is missing
const declared: OptionNames<Options> = { axis: true };
checkedOptions('f', options, declared);

export const either = (given: Either): void => {
  // Of a union, the options of every member.
  checkedOptions('f', given, { mode: true, size: true, scale: true });
  // @ts-expect-error scale is an option of the second
  checkedOptions('f', given, { mode: true, size: true });
};
