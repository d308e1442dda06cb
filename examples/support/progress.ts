/** Progress that a person can see: a bar in a terminal, a line every few seconds elsewhere. */
import { Presets, SingleBar } from 'cli-progress';

export interface Progress {
  /** Reports that `done` of the total is done, with a short text beside it. */
  update(done: number, text: string): void;
  stop(): void;
}

export interface ProgressOptions {
  /** What stands before the bar. */
  readonly name?: string;
  /** How much was done before. */
  readonly done?: number;
  readonly out?: NodeJS.WriteStream;
}

const secondsBetweenLines = 10;

/** Seconds as people read them. */
export const duration = (seconds: number): string => {
  if (!Number.isFinite(seconds)) return '?';
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return whole < 3600
    ? `${Math.floor(whole / 60)} min ${whole % 60} s`
    : `${Math.floor(whole / 3600)} h ${Math.round((whole % 3600) / 60)} min`;
};

/** Progress over `total` steps. */
export const progress = (
  total: number,
  { name = '', done: before = 0, out = process.stderr }: ProgressOptions = {},
): Progress => {
  const begun = performance.now();
  const left = (done: number): string =>
    done > before ? duration(((performance.now() - begun) / 1000 / (done - before)) * (total - done)) : '?';
  const label = name === '' ? '' : `${name} `;
  if (out.isTTY) {
    const format = `  ${label}{bar} {percentage}% | {text} | {left} left`;
    const bar = new SingleBar({ stream: out, format, hideCursor: true, clearOnComplete: true }, Presets.shades_classic);
    bar.start(total, before, { text: '', left: '?' });
    return { update: (done, text) => bar.update(done, { text, left: left(done) }), stop: () => bar.stop() };
  }
  let last = begun;
  return {
    update: (done, text) => {
      if (performance.now() - last < 1000 * secondsBetweenLines) return;
      last = performance.now();
      out.write(`  ${label}${Math.floor((100 * done) / total)}% | ${text} | ${left(done)} left\n`);
    },
    stop: () => {},
  };
};
