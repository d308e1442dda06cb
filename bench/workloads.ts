/**
 * What is timed, for every library alike: names, sizes, and how much arithmetic there is. Networks are those of the
 * specification; each library builds them with its own layers in `libraries/`.
 */

/** Rows of A, columns of B, and what they share. */
export type ProductSize = readonly [m: number, n: number, k: number];

export type ProductName =
  | 'gemm 64'
  | 'gemm 128'
  | 'gemm 256'
  | 'gemm 512'
  | 'gemm 1024'
  | 'gemm 128x784·784x10'
  | 'gemm 33x65·65x10';

export const products: Readonly<Record<ProductName, ProductSize>> = {
  'gemm 64': [64, 64, 64],
  'gemm 128': [128, 128, 128],
  'gemm 256': [256, 256, 256],
  'gemm 512': [512, 512, 512],
  'gemm 1024': [1024, 1024, 1024],
  'gemm 128x784·784x10': [128, 10, 784],
  'gemm 33x65·65x10': [33, 10, 65],
};

/** What else is timed, and how it is described. */
export const others: Readonly<Record<OtherName, string>> = {
  'elementwise 2^20': 'relu(x·y + x)·y − x over 2^20 floats, fused where a library can',
  'silu 2^20': 'x·sigmoid(x) over 2^20 floats',
  'iris step': 'MLP 4-10-3, batch 25, SGD',
  'mlp step sgd': 'MLP 784-256-128-10, batch 128, SGD with momentum',
  'mlp step adam': 'MLP 784-256-128-10, batch 128, Adam',
  'lenet step': 'LeNet, batch 64, SGD',
  'cnn step': 'four blocks of conv, ReLU, max pool, batch norm, dropout; batch 64, Adam',
  'cnn inference': 'the same network, batch 64, forward only',
  'conv 64-128': 'convolution 3x3, 64 to 128 channels, batch 32, 16x16, forward and both gradients',
};

export type OtherName =
  | 'elementwise 2^20'
  | 'silu 2^20'
  | 'iris step'
  | 'mlp step sgd'
  | 'mlp step adam'
  | 'lenet step'
  | 'cnn step'
  | 'cnn inference'
  | 'conv 64-128';
export type WorkloadName = ProductName | OtherName;

/** Floating-point operations of a call, where they say something: of products, and of the convolution's three products. */
export const flopsOf = (name: WorkloadName): number | null => {
  if (name in products) {
    const [m, n, k] = products[name as ProductName];
    return 2 * m * n * k;
  }
  return name === 'conv 64-128' ? 3 * 2 * 32 * 16 * 16 * 128 * 64 * 9 : null;
};

export const names = [...Object.keys(products), ...Object.keys(others)] as readonly WorkloadName[];

/** One thing to do again and again; it returns when all has been computed. */
export type Call = () => void | Promise<void>;

/** Makes ready to run; a text says why a library cannot. */
export type Preparation = (() => Call | Promise<Call>) | string;

export type Library = Readonly<Record<OtherName, Preparation>> & {
  readonly product: (size: ProductSize) => Call;
};

/** Numbers in [−1, 1], the same for every library; their products neither vanish nor overflow. */
export const noise = (length: number, seed = 0): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length }, (_, i) => (((i + seed * 101) * 7919) % 1009) / 504.5 - 1);

/** Weights as one would draw them: uniform within ±1/√fanIn. */
export const weights = (length: number, fanIn: number, seed: number): Float32Array<ArrayBuffer> =>
  noise(length, seed).map((x) => x / Math.sqrt(fanIn));

/** Class labels, taking turns. */
export const labels = (count: number, classes: number): Int32Array<ArrayBuffer> =>
  Int32Array.from({ length: count }, (_, i) => i % classes);

export const layers: Readonly<Record<'iris' | 'mlp', readonly number[]>> = {
  iris: [4, 10, 3],
  mlp: [784, 256, 128, 10],
};
/** Of the four blocks. */
export const channels: readonly number[] = [1, 32, 64, 128, 256];
