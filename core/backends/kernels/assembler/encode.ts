/** Writes a linked module in WebAssembly's binary format, section by section (specification, chapter 5). */
import { append, type Bytes, writeName, writeSigned32, writeSized, writeUnsigned, writeVector } from './bytes.js';
import { typeCodes, writeInstruction } from './encodings.js';
import type { DataSegment, LinkedFunction, MemoryUse, ModuleStructure, Signature } from './module.js';
import type { Global, ValueType } from './types.js';

/** `\0asm`, version 1. */
export const header: readonly number[] = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

export const sections = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  memory: 5,
  global: 6,
  export: 7,
  code: 10,
  data: 11,
  dataCount: 12,
} as const;

/** What an import or an export is. */
export const externKinds = { func: 0, memory: 2 } as const;

const writeTypes = (out: Bytes, types: readonly ValueType[]): void =>
  writeVector(out, types, (to, type) => to.push(typeCodes[type]));

const writeSignature = (out: Bytes, { params, result }: Signature): void => {
  out.push(0x60);
  writeTypes(out, params);
  writeTypes(out, result === 'none' ? [] : [result]);
};

const writeLimits = (out: Bytes, { minimum, maximum, shared = false }: MemoryUse): void => {
  out.push((maximum === undefined ? 0 : 1) + (shared ? 2 : 0));
  writeUnsigned(out, minimum);
  if (maximum !== undefined) writeUnsigned(out, maximum);
};

const writeGlobal = (out: Bytes, { type, mutable, initial }: Global): void => {
  out.push(typeCodes[type], mutable ? 1 : 0);
  writeInstruction(out, { name: `${type}.const`, immediates: initial });
  writeInstruction(out, { name: 'end', immediates: [] });
};

const writeFunction = (out: Bytes, { locals, code }: LinkedFunction): void =>
  writeSized(out, (body) => {
    const runs: { type: ValueType; count: number }[] = [];
    for (const type of locals) {
      const last = runs.at(-1);
      if (last?.type === type) last.count++;
      else runs.push({ type, count: 1 });
    }
    writeVector(body, runs, (to, { type, count }) => {
      writeUnsigned(to, count);
      to.push(typeCodes[type]);
    });
    for (const instruction of code) writeInstruction(body, instruction);
  });

const writeSegment = (out: Bytes, { bytes, at }: DataSegment): void => {
  out.push(at === undefined ? 1 : 0);
  if (at !== undefined) {
    out.push(0x41);
    writeSigned32(out, at | 0);
    out.push(0x0b);
  }
  writeUnsigned(out, bytes.length);
  append(out, bytes);
};

export const encode = (module: ModuleStructure): Uint8Array<ArrayBuffer> => {
  const { signatures, imports, memory, functions, globals, exports, data } = module;
  const out: Bytes = [...header];
  const section = (id: number, present: boolean, write: (content: Bytes) => void): void => {
    if (!present) return;
    out.push(id);
    writeSized(out, write);
  };
  const imported = memory !== null && memory.importedFrom !== undefined;
  const own = memory !== null && !imported;
  section(sections.type, signatures.length > 0, (to) => writeVector(to, signatures, writeSignature));
  section(sections.import, imports.length > 0 || imported, (to) => {
    writeUnsigned(to, imports.length + (imported ? 1 : 0));
    for (const { from, name, signature } of imports) {
      writeName(to, from);
      writeName(to, name);
      to.push(externKinds.func);
      writeUnsigned(to, signature);
    }
    if (memory?.importedFrom !== undefined) {
      writeName(to, memory.importedFrom);
      writeName(to, memory.name);
      to.push(externKinds.memory);
      writeLimits(to, memory);
    }
  });
  section(sections.function, functions.length > 0, (to) =>
    writeVector(to, functions, (list, { signature }) => writeUnsigned(list, signature)),
  );
  if (own) section(sections.memory, true, (to) => writeVector(to, [memory], writeLimits));
  section(sections.global, globals.length > 0, (to) => writeVector(to, globals, writeGlobal));
  section(sections.export, exports.length > 0 || own, (to) => {
    writeUnsigned(to, exports.length + (own ? 1 : 0));
    for (const { name, func } of exports) {
      writeName(to, name);
      to.push(externKinds.func);
      writeUnsigned(to, func);
    }
    if (own) {
      writeName(to, memory.name);
      to.push(externKinds.memory, 0);
    }
  });
  section(sections.dataCount, data.length > 0, (to) => writeUnsigned(to, data.length));
  section(sections.code, functions.length > 0, (to) => writeVector(to, functions, writeFunction));
  section(sections.data, data.length > 0, (to) => writeVector(to, data, writeSegment));
  // Names of functions, for stack traces and profilers.
  section(sections.custom, functions.length > 0, (to) => {
    writeName(to, 'name');
    to.push(1);
    writeSized(to, (names) =>
      writeVector(names, [...functions.entries()], (list, [i, { name }]) => {
        writeUnsigned(list, imports.length + i);
        writeName(list, name);
      }),
    );
  });
  return Uint8Array.from(out);
};
