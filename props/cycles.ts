/**
 * `npm run cycles`: which files of the library import each other in circles, counting what is left of imports once types are taken out. Such files load in
 * any order only as long as nothing but functions is wanted while they do (`core/load-order`). Fails when a circle grows.
 */
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** The largest circles there may be, by files: primitives, the rules that they share and what these stand on; and the interpreters. */
const limits = [180, 7] as const;

const project = fileURLToPath(new URL('..', import.meta.url));

type Graph = ReadonlyMap<string, readonly string[]>;

const importsOf = async (entry: string): Promise<Graph> => {
  const { metafile } = await build({
    entryPoints: [entry],
    absWorkingDir: project,
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    outdir: 'nowhere',
    logLevel: 'silent',
    packages: 'external',
  });
  return new Map(
    Object.entries(metafile.inputs).map(([file, { imports }]) => [
      file,
      imports.filter(({ external }) => external !== true).map(({ path }) => path),
    ]),
  );
};

/** Files that lead to each other (Tarjan 1972), the largest circle first. */
const circles = (graph: Graph): readonly (readonly string[])[] => {
  const numbers = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): void => {
    const number = numbers.size;
    numbers.set(file, number);
    lowest.set(file, number);
    stack.push(file);
    for (const next of graph.get(file) ?? []) {
      if (!numbers.has(next)) visit(next);
      if (stack.includes(next)) lowest.set(file, Math.min(lowest.get(file) as number, lowest.get(next) as number));
    }
    if (lowest.get(file) === number) {
      const circle = stack.splice(stack.indexOf(file));
      if (circle.length > 1) found.push(circle);
    }
  };
  for (const file of graph.keys()) if (!numbers.has(file)) visit(file);
  return found.sort((a, b) => b.length - a.length);
};

const foldersOf = (circle: readonly string[]): string => {
  const counts = new Map<string, number>();
  for (const file of circle) {
    const folder = file.split('/').slice(0, 2).join('/');
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts].map(([folder, count]) => `${folder} ${count}`).join(', ');
};

const graph = await importsOf('autograd/index.ts');
const found = circles(graph);
console.log(`${graph.size} files, ${found.length} circles of imports`);
for (const circle of found) console.log(`  ${circle.length} files: ${foldersOf(circle)}`);
const grown = found.some((circle, i) => circle.length > (limits[i] ?? 0));
if (grown) {
  console.error(
    `a circle is larger than ${limits.join(' and ')}: import from a lower layer, or pass what is needed in`,
  );
  process.exitCode = 1;
}
