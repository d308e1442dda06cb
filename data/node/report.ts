/** A run as one HTML page that stands alone: figures, tables and pictures inside, nothing loaded from elsewhere. */
import { ArgumentError, describe } from '../../core/base/errors.js';
import { checkList, checkObject, checkText, checkTexts } from '../checks.js';
import { escaped } from './markup.js';

/** What a report shows, one thing after another. */
export type ReportPart =
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'table';
      readonly head: readonly string[];
      readonly rows: readonly (readonly (string | number)[])[];
    }
  | ({ readonly kind: 'picture' } & ReportPicture)
  /** Pictures side by side, as many as the page is wide. */
  | { readonly kind: 'pictures'; readonly pictures: readonly ReportPicture[] }
  /** Small pictures with a line each, such as predictions; wrong ones are marked. */
  | {
      readonly kind: 'samples';
      readonly samples: readonly (ReportPicture & { readonly wrong?: boolean })[];
    };

export interface ReportPicture {
  readonly caption: string;
  /** SVG text, or the bytes of a PNG. */
  readonly picture: string | Uint8Array;
}

const style = `
  :root { color-scheme: light; }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 920px; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff; }
  h1 { font-size: 1.6rem; }
  h2 { font-size: 1.2rem; margin-top: 2rem; }
  table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
  th, td { padding: 0.25rem 0.8rem; border-bottom: 1px solid #ddd; text-align: right; }
  th { border-bottom-color: #888; }
  th:first-child, td:first-child { text-align: left; }
  .table { overflow-x: auto; margin: 1rem 0; }
  figure { margin: 1.5rem 0; }
  figcaption { color: #555; font-size: 0.9rem; }
  img { max-width: 100%; height: auto; }
  img.pixels { image-rendering: pixelated; }
  .pictures { display: flex; flex-wrap: wrap; gap: 0 1rem; }
  .pictures figure { flex: 1 1 20rem; min-width: 0; }
  .samples { display: grid; grid-template-columns: repeat(auto-fill, minmax(7rem, 1fr)); gap: 1rem; margin: 1rem 0; }
  .samples figure { margin: 0; padding: 0.5rem; border: 1px solid #ddd; border-radius: 4px; text-align: center; }
  .samples figure.wrong { border-color: #c0392b; background: #fdf3f2; }
  .samples img { width: 100%; }
  p { white-space: pre-line; }`;

/** Pictures go in as data, so that names inside one SVG never meet those of another. */
const source = (picture: string | Uint8Array): string =>
  typeof picture === 'string'
    ? `data:image/svg+xml;base64,${Buffer.from(picture, 'utf8').toString('base64')}`
    : `data:image/png;base64,${Buffer.from(picture).toString('base64')}`;

const image = ({ caption, picture }: ReportPicture): string =>
  `<img${typeof picture === 'string' ? '' : ' class="pixels"'} alt="${escaped(caption)}" src="${source(picture)}">`;

const figure = (item: ReportPicture, kind = ''): string =>
  `<figure${kind === '' ? '' : ` class="${kind}"`}>${image(item)}<figcaption>${escaped(item.caption)}</figcaption></figure>`;

const cells = (tag: 'th' | 'td', row: readonly string[]): string =>
  `<tr>${row.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')}</tr>`;

/** A number by itself: five digits tell figures of runs apart. */
const alone = (value: number): string =>
  Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(5)));

/** Between these, numbers of a column are written with as many decimals each, so that they stand one under the other. */
const [smallest, largest, mostDecimals] = [1e-3, 1e4, 4];

const column = (values: readonly (string | number)[]): readonly string[] => {
  const numbers = values.filter((value) => typeof value === 'number');
  const aligned = numbers.every((value) => value === 0 || (Math.abs(value) >= smallest && Math.abs(value) < largest));
  const decimals = Math.max(0, ...numbers.map((value) => alone(value).split('.')[1]?.length ?? 0));
  return values.map((value) => {
    if (typeof value === 'string') return value;
    return aligned ? value.toFixed(Math.min(decimals, mostDecimals)) : alone(value);
  });
};

const tableHtml = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string => {
  const width = rows.reduce((most, row) => Math.max(most, row.length), head.length);
  const columns = Array.from({ length: width }, (_, i) => column(rows.map((row) => row[i] ?? '')));
  const body = rows.map((_, r) =>
    cells(
      'td',
      columns.map((values) => values[r] ?? ''),
    ),
  );
  return `<div class="table"><table><thead>${cells('th', head)}</thead><tbody>${body.join('')}</tbody></table></div>`;
};

const html = (part: ReportPart): string => {
  switch (part.kind) {
    case 'heading':
      return `<h2>${escaped(part.text)}</h2>`;
    case 'text':
      return `<p>${escaped(part.text)}</p>`;
    case 'table':
      return tableHtml(part.head, part.rows);
    case 'picture':
      return figure(part);
    case 'pictures':
      return `<div class="pictures">${part.pictures.map((item) => figure(item)).join('')}</div>`;
    case 'samples':
      return `<div class="samples">${part.samples.map((item) => figure(item, item.wrong === true ? 'wrong' : 'right')).join('')}</div>`;
    default:
      return part satisfies never;
  }
};

const op = 'reportHtml';

const checkPicture = (item: ReportPicture): void => {
  checkObject(op, 'a picture', item);
  checkText(op, 'a caption', item.caption);
  if (typeof item.picture !== 'string' && !(item.picture instanceof Uint8Array))
    throw new ArgumentError({
      op,
      problem: `a picture is ${describe(item.picture)}`,
      remedy: 'give SVG text, or the bytes of a PNG',
    });
};

/** Cells of a table: texts and numbers. */
const checkCells = (row: readonly unknown[], what: string): void => {
  checkList(op, what, row);
  for (const cell of row)
    if (typeof cell !== 'string' && typeof cell !== 'number')
      throw new ArgumentError({ op, problem: `${what} has ${describe(cell)}`, remedy: 'give texts and numbers' });
};

const checkPart = (part: ReportPart): void => {
  checkObject(op, 'a part', part);
  switch (part.kind) {
    case 'heading':
    case 'text':
      checkText(op, 'a text', part.text);
      return;
    case 'table':
      checkTexts(op, 'the head of a table', part.head);
      checkList(op, 'rows', part.rows);
      for (const row of part.rows) checkCells(row, 'a row');
      return;
    case 'picture':
      checkPicture(part);
      return;
    case 'pictures':
      checkList(op, 'pictures', part.pictures);
      for (const item of part.pictures) checkPicture(item);
      return;
    case 'samples':
      checkList(op, 'samples', part.samples);
      for (const item of part.samples) checkPicture(item);
      return;
    default: {
      const { kind } = part as { readonly kind: unknown };
      throw new ArgumentError({
        op,
        problem: `a part is of the kind ${describe(kind)}`,
        remedy: 'give one of ReportPart',
      });
    }
  }
};

/**
 * A page with a title and its parts in order. Texts are shown as they are, whatever characters they hold; of those that pages cannot
 * hold, such as control characters, a sign says that they are missing.
 * @throws ArgumentError for parts that are none.
 * @example
 * reportHtml('A & B', [{ kind: 'text', text: '1 < 2' }]).includes('<p>1 &lt; 2</p>') // true
 */
export const reportHtml = (title: string, parts: readonly ReportPart[]): string => {
  checkText(op, 'the title', title);
  checkList(op, 'parts', parts);
  parts.forEach(checkPart);
  return page(title, parts);
};

const page = (title: string, parts: readonly ReportPart[]): string =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${style}
</style>
</head>
<body>
<h1>${escaped(title)}</h1>
${parts.map(html).join('\n')}
</body>
</html>
`;
