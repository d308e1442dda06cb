/** How work is divided among threads: each takes as many units on end, the last ones fewer or none. */
import { i32, type Local, local, type Operand, type Statement, set } from '../assembler/index.js';
import { smallerUnsigned } from './addresses.js';

/** Which of how many threads runs. */
export interface Threads {
  readonly thread: Local<'i32'>;
  readonly threads: Local<'i32'>;
}

/** What one thread does: `code` finds it, then it goes from `from` up to `to`. Nothing is left for it where the two are equal. */
export interface Share {
  readonly from: Local<'i32'>;
  readonly to: Local<'i32'>;
  readonly code: readonly Statement[];
}

/** This thread's share of `count` things, cut at multiples of `unit`. Both are read more than once. */
export const shareOf = ({ thread, threads }: Threads, count: Operand<'i32'>, unit = 1): Share => {
  const [from, to] = [local('i32'), local('i32')];
  const units =
    typeof count === 'number' ? i32.const(Math.ceil(count / unit)) : i32.div_u(i32.add(count, unit - 1), unit);
  const each = i32.mul(i32.div_u(i32.add(units, i32.sub(threads, 1)), threads), unit);
  return {
    from,
    to,
    code: [
      set(to, each),
      set(from, smallerUnsigned(i32.mul(thread, to), count)),
      set(to, smallerUnsigned(i32.add(from, to), count)),
    ],
  };
};
