/**
 * Comma-separated text as RFC 4180 has it, one character after another: an oracle that shares nothing with the library's own reader.
 * Records end with `\n` or `\r\n`; a field in quotes may hold anything, its own quotes doubled.
 */

/** The fields of each record. */
export const parseCsv = (text: string): readonly (readonly string[])[] => {
  const records: string[][] = [];
  let record: string[] = [];
  let field = '';
  let state: 'start' | 'plain' | 'quoted' | 'after' = 'start';
  const endField = (): void => {
    record.push(field);
    field = '';
    state = 'start';
  };
  const endRecord = (): void => {
    endField();
    records.push(record);
    record = [];
  };
  const wrong = (at: number): never => {
    throw new Error(`no comma-separated text at ${at}: ${JSON.stringify(text)}`);
  };
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (state === 'quoted') {
      if (character !== '"') field += character;
      else state = 'after';
    } else if (character === '"') {
      if (state === 'plain') wrong(at);
      if (state === 'after') field += '"';
      state = 'quoted';
    } else if (character === ',') endField();
    else if (character === '\n') endRecord();
    else if (character === '\r' && text.charAt(at + 1) === '\n') {
      endRecord();
      at++;
    } else {
      if (state === 'after' || character === '\r') wrong(at);
      field += character;
      state = 'plain';
    }
  }
  if (state === 'quoted') wrong(text.length);
  if (record.length > 0 || state !== 'start') endRecord();
  return records;
};
