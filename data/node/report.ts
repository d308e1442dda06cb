/** A run as one HTML page that stands alone: figures, tables and pictures inside, nothing loaded from elsewhere. */

/** What a report shows, one thing after another. */
export type ReportPart =
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'table';
      readonly head: readonly string[];
      readonly rows: readonly (readonly (string | number)[])[];
    }
  /** A picture: SVG text, or the bytes of a PNG. */
  | { readonly kind: 'picture'; readonly caption: string; readonly picture: string | Uint8Array };

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string | number): string =>
  String(text).replace(/[&<>"']/g, (character) => escapes[character] ?? '');

const style = `
  :root { color-scheme: light; }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 920px; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff; }
  h1 { font-size: 1.6rem; }
  h2 { font-size: 1.2rem; margin-top: 2rem; }
  table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
  th, td { padding: 0.25rem 0.8rem; border-bottom: 1px solid #ddd; text-align: right; }
  th:first-child, td:first-child { text-align: left; }
  figure { margin: 1.5rem 0; }
  figcaption { color: #555; font-size: 0.9rem; }
  img { max-width: 100%; height: auto; }
  p { white-space: pre-line; }`;

/** Pictures go in as data, so that names inside one SVG never meet those of another. */
const source = (picture: string | Uint8Array): string =>
  typeof picture === 'string'
    ? `data:image/svg+xml;base64,${Buffer.from(picture, 'utf8').toString('base64')}`
    : `data:image/png;base64,${Buffer.from(picture).toString('base64')}`;

const cells = (tag: 'th' | 'td', row: readonly (string | number)[]): string =>
  `<tr>${row.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')}</tr>`;

const html = (part: ReportPart): string => {
  switch (part.kind) {
    case 'heading':
      return `<h2>${escaped(part.text)}</h2>`;
    case 'text':
      return `<p>${escaped(part.text)}</p>`;
    case 'table':
      return `<table><thead>${cells('th', part.head)}</thead><tbody>${part.rows.map((row) => cells('td', row)).join('')}</tbody></table>`;
    case 'picture':
      return `<figure><img alt="${escaped(part.caption)}" src="${source(part.picture)}"><figcaption>${escaped(part.caption)}</figcaption></figure>`;
    default:
      return part satisfies never;
  }
};

/**
 * A page with a title and its parts in order. Texts are shown as they are, whatever characters they hold.
 * @example
 * reportHtml('A & B', [{ kind: 'text', text: '1 < 2' }]).includes('<p>1 &lt; 2</p>') // true
 */
export const reportHtml = (title: string, parts: readonly ReportPart[]): string =>
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
