/** Where mistakes can be made, and a sample of them. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Mistake, type OperatorName, operators } from './operators.js';
import { type Node, readSource, type Source, walk } from './syntax.js';

/** The folders whose code is mutated. */
export const mutated = ['core', 'autograd', 'nn', 'optim', 'data'] as const;

/** One mistake at one place. */
export interface Site {
  readonly operator: OperatorName;
  readonly path: string;
  readonly line: number;
  readonly node: Node;
  readonly mistake: Mistake;
  /** Whether the code runs only when something calls it; else it runs while the module loads. */
  readonly inFunction: boolean;
}

const sourcesUnder = (project: string, folder: string): string[] =>
  readdirSync(join(project, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .sort()
    .map((file) => `${folder}/${file}`);

/** Every source file of the folders that are mutated. */
export const sources = (project: string): Source[] =>
  mutated.flatMap((folder) => sourcesUnder(project, folder)).map((path) => readSource(project, path));

const lineOf = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

/** The line of a site, or its lines, without the blanks around; the place of the mistake stands between ⟦ and ⟧. */
export const markedLine = ({ node: { start, end } }: Site, { text }: Source): string => {
  const [from, to] = [text.lastIndexOf('\n', start) + 1, text.indexOf('\n', end)];
  return `${text.slice(from, start)}⟦${text.slice(start, end)}⟧${text.slice(end, to)}`.trim();
};

/** Every site of a file, in the order of the text. */
export const sitesOf = (source: Source): Site[] => {
  const { path, text } = source;
  const found: Site[] = [];
  walk(source, (node, place) => {
    for (const operator of Object.keys(operators) as OperatorName[])
      for (const mistake of operators[operator](node, place))
        found.push({ operator, path, line: lineOf(text, node.start), node, mistake, inFunction: place.inFunction });
  });
  return found;
};

/** Numbers in [0, 1) that repeat with the seed (mulberry32). */
const draws = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

const shuffled = <T>(items: readonly T[], draw: () => number): T[] => {
  const list = [...items];
  for (let last = list.length - 1; last > 0; last--) {
    const other = Math.floor(draw() * (last + 1));
    [list[last], list[other]] = [list[other] as T, list[last] as T];
  }
  return list;
};

/**
 * `count` sites drawn with the seed: of each operator a twentieth at least (or all it has), the rest from all sites alike.
 * In the order of files and lines.
 */
export const sample = (sites: readonly Site[], count: number, seed: number): Site[] => {
  const order = shuffled(sites, draws(seed));
  const chosen = new Set<Site>();
  for (const operator of Object.keys(operators))
    for (const site of order.filter((each) => each.operator === operator).slice(0, Math.ceil(count / 20)))
      chosen.add(site);
  for (const site of order) {
    if (chosen.size >= count) break;
    chosen.add(site);
  }
  return sites.filter((site) => chosen.has(site));
};
