/** Names of options that functions and the layers around them have in common. */

/** The options of max pooling. */
export const maxPoolNames = {
  kernel: true,
  stride: true,
  padding: true,
  dilation: true,
  ceilMode: 'flag',
  layout: true,
} as const;

/** The options of average pooling. */
export const avgPoolNames = {
  kernel: true,
  stride: true,
  padding: true,
  ceilMode: 'flag',
  countIncludePad: 'flag',
  divisor: true,
  layout: true,
} as const;

/** The options of `upsample`. */
export const upsampleNames = { scale: true, size: true, mode: true, alignCorners: 'flag', layout: true } as const;
