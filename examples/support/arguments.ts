/** The command line: what may be typed, and what to say when something else was. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { closestMatch } from 'leven';
import { type Config, decodeConfig, UsageError } from './config.js';
import type { Example } from './example.js';

export type Command =
  | { readonly kind: 'help'; readonly example: Example | null }
  | { readonly kind: 'list' }
  | {
      readonly kind: 'run';
      readonly example: Example;
      readonly config: Config;
      readonly out: string | null;
      readonly threads: number;
    }
  | {
      readonly kind: 'resume';
      readonly example: Example;
      readonly out: string | null;
      /** Settings that were typed beside `--resume`. */
      readonly given: Partial<Config>;
      readonly threads: number;
    };

const options = {
  data: { type: 'string' },
  epochs: { type: 'string' },
  seed: { type: 'string' },
  limit: { type: 'string' },
  threads: { type: 'string' },
  model: { type: 'string' },
  out: { type: 'string' },
  resume: { type: 'boolean' },
  list: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

export const usage = `npm run example -- NAME [options]

  --data DIR     run on real data: a folder with one folder a data set, or the data set's own folder
  --epochs N     epochs of each training run
  --seed N       decides everything random; the same seed gives the same numbers
  --limit N      train on the first N examples only
  --threads N    threads to compute on, all cores by default; the numbers are the same
  --model FILE   for described: a JSON file with layers, loss and optimiser by name
  --out DIR      where to write; experiments/NAME (NAME-2, NAME-3, …) by default, never over an earlier run
  --resume       go on with the run in --out, or with the last one of this example
  --list         all examples; also npm run examples
  --help         this text, or with NAME what the example shows`;

const suggestion = (typed: string, known: readonly string[]): string => {
  const near = closestMatch(typed, known, { maxDistance: Math.max(2, Math.floor(typed.length / 2)) });
  return near === undefined ? '' : ` Did you mean ${near}?`;
};

const parse = (args: readonly string[]): ReturnType<typeof parseTyped> => {
  try {
    return parseTyped(args);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code?.startsWith('ERR_PARSE_ARGS') !== true) throw error;
    const lacking = /^Option '(?:-\w, )?(--\w+)/.exec(message)?.[1];
    if (code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE' && lacking !== undefined)
      throw new UsageError(
        lacking.slice(2) in options && options[lacking.slice(2) as keyof typeof options].type === 'boolean'
          ? `${lacking} stands alone, without a value`
          : `${lacking} needs a value after it; one that begins with a dash is written ${lacking}=-1`,
      );
    const unknown = /^Unknown option '(-+)([^']*)'/.exec(message)?.[2];
    throw new UsageError(
      unknown === undefined
        ? message
        : `there is no option --${unknown}.${suggestion(
            `--${unknown}`,
            Object.keys(options).map((name) => `--${name}`),
          )}`,
    );
  }
};

const parseTyped = (args: readonly string[]) =>
  parseArgs({ args: [...args], options, allowPositionals: true, strict: true });

/** The threads to compute on: all cores unless a number was typed. */
const threadsOf = (typed: string | undefined): number => {
  if (typed === undefined) return availableParallelism();
  if (!/^[1-9]\d*$/.test(typed)) throw new UsageError(`command line: threads is "${typed}", not a whole number ≥ 1`);
  return Number(typed);
};

/** A number as it was typed; anything else is left for the decoder to name. */
const numberOf = (text: string): unknown => (/^\d+$/.test(text) ? Number(text) : text);

const exampleOf = (name: string, examples: readonly Example[]): Example => {
  const found = examples.find((example) => example.name === name);
  if (found !== undefined) return found;
  const names = examples.map((example) => example.name);
  throw new UsageError(`there is no example ${name}.${suggestion(name, names)} All of them: npm run examples`);
};

/**
 * The command that was typed.
 * @throws UsageError for one that makes no sense, with what would.
 */
export const readCommand = (args: readonly string[], examples: readonly Example[]): Command => {
  const { values, positionals } = parse(args);
  const [name, ...more] = positionals;
  if (more.length > 0)
    throw new UsageError(`one example at a time: ${positionals.join(', ')} are ${positionals.length}`);
  if (values.list === true) return { kind: 'list' };
  if (name === undefined) {
    if (values.help === true || args.length === 0) return { kind: 'help', example: null };
    throw new UsageError('which example? npm run examples lists them');
  }
  const example = exampleOf(name, examples);
  if (values.help === true) return { kind: 'help', example };

  const given = {
    ...(values.data === undefined ? {} : { data: values.data }),
    ...(values.epochs === undefined ? {} : { epochs: numberOf(values.epochs) }),
    ...(values.seed === undefined ? {} : { seed: numberOf(values.seed) }),
    ...(values.model === undefined ? {} : { model: values.model }),
    ...(values.limit === undefined ? {} : { limit: numberOf(values.limit) }),
  };
  if (values.data !== undefined && example.data === null)
    throw new UsageError(`${name} needs no data: leave --data out`);
  if (values.epochs !== undefined && example.epochs === null)
    throw new UsageError(`${name} trains nothing by epochs: leave --epochs out`);
  if (values.model !== undefined && example.takesModel !== true)
    throw new UsageError(`${name} has a model of its own: leave --model out, or run described`);
  const defaults = {
    example: name,
    data: null,
    epochs: example.epochs,
    seed: example.seed ?? 0,
    limit: null,
    model: null,
  };
  const config = decodeConfig({ ...defaults, ...given }, 'command line');
  const out = values.out ?? null;
  const threads = threadsOf(values.threads);
  if (values.resume !== true) return { kind: 'run', example, config, out, threads };
  const typed = Object.keys(given) as (keyof typeof given)[];
  return { kind: 'resume', example, out, threads, given: Object.fromEntries(typed.map((key) => [key, config[key]])) };
};
