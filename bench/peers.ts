/**
 * Matrix products of other libraries, where they are installed: `npm install --prefix bench`, or in the folder that
 * `TAPEGRAD_PEERS` names. Each multiplies the same numbers and reads the result.
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

export interface Product {
  readonly name: string;
  /** Prepares the operands and gives the product to be timed. */
  prepare(a: Float32Array, b: Float32Array, m: number, n: number, k: number): () => ArrayLike<number>;
}

const require = createRequire(process.env.TAPEGRAD_PEERS ? `${process.env.TAPEGRAD_PEERS}/` : import.meta.url);

/** The parts of their interfaces that are used here. */
interface JaxArray {
  readonly ref: JaxArray;
  dataSync(): Float32Array;
}
interface Jax {
  init(device: 'wasm'): Promise<readonly string[]>;
  defaultDevice(device: 'wasm'): void;
  jit(f: (a: JaxArray, b: JaxArray) => JaxArray): (a: JaxArray, b: JaxArray) => JaxArray;
  readonly numpy: {
    array(data: Float32Array, options: { shape: number[] }): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
  };
}
interface TfTensor {
  dataSync(): Float32Array;
  dispose(): void;
}
interface Tf {
  setBackend(name: 'wasm'): Promise<boolean>;
  ready(): Promise<void>;
  tensor2d(data: Float32Array, shape: [number, number]): TfTensor;
  matMul(a: TfTensor, b: TfTensor): TfTensor;
}

const jaxProduct = async (): Promise<Product> => {
  const path = require.resolve('@jax-js/jax').replace(/\.cjs$/, '.js');
  const jax = (await import(pathToFileURL(path).href)) as Jax;
  await jax.init('wasm');
  jax.defaultDevice('wasm');
  const product = jax.jit((a, b) => jax.numpy.matmul(a, b));
  return {
    name: 'jax-js',
    prepare: (a, b, m, n, k) => {
      const [left, right] = [jax.numpy.array(a, { shape: [m, k] }), jax.numpy.array(b, { shape: [k, n] })];
      return () => product(left.ref, right.ref).dataSync();
    },
  };
};

const tfProduct = async (): Promise<Product> => {
  const tf = require('@tensorflow/tfjs-core') as Tf;
  const wasm = require('@tensorflow/tfjs-backend-wasm') as { setThreadsCount(count: number): void };
  wasm.setThreadsCount(1);
  await tf.setBackend('wasm');
  await tf.ready();
  return {
    name: 'tfjs-wasm',
    prepare: (a, b, m, n, k) => {
      const [left, right] = [tf.tensor2d(a, [m, k]), tf.tensor2d(b, [k, n])];
      return () => {
        const product = tf.matMul(left, right);
        const data = product.dataSync();
        product.dispose();
        return data;
      };
    },
  };
};

/** Those that are installed; the others are named on the console. */
export const peers = async (): Promise<readonly Product[]> => {
  const found: Product[] = [];
  for (const [name, make] of [
    ['jax-js', jaxProduct],
    ['tfjs-wasm', tfProduct],
  ] as const)
    try {
      found.push(await make());
    } catch (error) {
      console.log(`${name} is left out: ${error instanceof Error ? error.message.split('\n')[0] : error}`);
    }
  return found;
};
