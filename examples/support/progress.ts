/** Progress that a person can see: a bar in a terminal, a line every few seconds elsewhere. */
import { Presets, SingleBar } from 'cli-progress';

export interface Progress {
  /** Reports that `done` of the total is done, with a short text beside it. */
  update(done: number, text: string): void;
  stop(): void;
}

const secondsBetweenLines = 2;

/** Progress over `total` steps. */
export const progress = (total: number, out: NodeJS.WriteStream = process.stderr): Progress => {
  if (out.isTTY) {
    const bar = new SingleBar(
      {
        stream: out,
        format: '  {bar} {percentage}% | {value}/{total} | {text} | {eta_formatted} left',
        hideCursor: true,
      },
      Presets.shades_classic,
    );
    bar.start(total, 0, { text: '' });
    return { update: (done, text) => bar.update(done, { text }), stop: () => bar.stop() };
  }
  let last = performance.now();
  return {
    update: (done, text) => {
      if (performance.now() - last < 1000 * secondsBetweenLines && done < total) return;
      last = performance.now();
      out.write(`  ${done}/${total} ${text}\n`);
    },
    stop: () => {},
  };
};
