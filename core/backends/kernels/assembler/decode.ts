/**
 * Reads a module back into the structure that it was written from. It knows what `encode.ts` writes and no more: its purpose is
 * to hold the encoder to its word, and to show what is in bytes that were kept.
 */
import { type ByteReader, readBytes } from './bytes.js';
import { externKinds, header, sections } from './encode.js';
import { readInstruction, typeOfCode, valueTypeOfCode } from './encodings.js';
import type { DataSegment, ImportedFunction, LinkedFunction, MemoryUse, ModuleStructure, Signature } from './module.js';
import type { Global, Instruction, ValueType } from './types.js';

const expect = (input: ByteReader, byte: number): void => {
  const found = input.byte();
  if (found !== byte)
    throw new RangeError(`byte ${input.position() - 1} is 0x${found.toString(16)}, not 0x${byte.toString(16)}`);
};

/** Instructions up to the `end` that closes what was open before them. */
const readCode = (input: ByteReader): Instruction[] => {
  const code: Instruction[] = [];
  for (let depth = 1; depth > 0; ) {
    const instruction = readInstruction(input);
    code.push(instruction);
    if (['block', 'loop', 'if'].includes(instruction.name)) depth++;
    if (instruction.name === 'end') depth--;
  }
  return code;
};

const readTypes = (input: ByteReader): ValueType[] => input.vector(() => valueTypeOfCode(input.byte()));

const readSignature = (input: ByteReader): Signature => {
  expect(input, 0x60);
  const params = readTypes(input);
  const [result = 'none'] = readTypes(input);
  return { params, result };
};

const readLimits = (input: ByteReader): Omit<MemoryUse, 'name'> => {
  const flags = input.byte();
  return {
    minimum: input.unsigned(),
    ...(flags & 1 ? { maximum: input.unsigned() } : {}),
    ...(flags & 2 ? { shared: true } : {}),
  };
};

const readGlobal = (input: ByteReader): Global => {
  const type = typeOfCode(input.byte());
  if (type === 'none') throw new RangeError('a global cannot have the empty type');
  const mutable = input.byte() === 1;
  const initial = readInstruction(input).immediates;
  expect(input, 0x0b);
  return { type, mutable, initial };
};

const readFunction = (input: ByteReader): Pick<LinkedFunction, 'locals' | 'code'> => {
  input.unsigned();
  const locals = input
    .vector(() => ({ count: input.unsigned(), type: valueTypeOfCode(input.byte()) }))
    .flatMap(({ count, type }) => Array.from({ length: count }, () => type));
  return { locals, code: readCode(input) };
};

const readSegment = (input: ByteReader): DataSegment => {
  if (input.byte() === 1) return { bytes: input.bytes(input.unsigned()) };
  expect(input, 0x41);
  const at = Number(input.signed(32)) >>> 0;
  expect(input, 0x0b);
  return { at, bytes: input.bytes(input.unsigned()) };
};

/** @throws RangeError when the bytes are no module, or one with parts that the assembler does not write. */
export const decode = (bytes: Uint8Array): ModuleStructure => {
  const input = readBytes(bytes);
  for (const byte of header) expect(input, byte);
  let signatures: Signature[] = [];
  const imports: ImportedFunction[] = [];
  let memory: MemoryUse | null = null;
  let signaturesOfFunctions: number[] = [];
  let globals: Global[] = [];
  const exports: { name: string; func: number }[] = [];
  let bodies: Pick<LinkedFunction, 'locals' | 'code'>[] = [];
  let data: DataSegment[] = [];
  const names = new Map<number, string>();
  while (!input.done()) {
    const id = input.byte();
    input.unsigned();
    if (id === sections.type) signatures = input.vector(() => readSignature(input));
    else if (id === sections.import)
      input.vector(() => {
        const [from, name] = [input.name(), input.name()];
        if (input.byte() === externKinds.func) imports.push({ from, name, signature: input.unsigned() });
        else memory = { importedFrom: from, name, ...readLimits(input) };
      });
    else if (id === sections.function) signaturesOfFunctions = input.vector(input.unsigned);
    else if (id === sections.memory)
      for (const limits of input.vector(() => readLimits(input))) memory = { name: '', ...limits };
    else if (id === sections.global) globals = input.vector(() => readGlobal(input));
    else if (id === sections.export)
      input.vector(() => {
        const name = input.name();
        if (input.byte() === externKinds.func) exports.push({ name, func: input.unsigned() });
        else if (memory !== null && input.unsigned() === 0) memory = { ...(memory as MemoryUse), name };
      });
    else if (id === sections.dataCount) input.unsigned();
    else if (id === sections.code) bodies = input.vector(() => readFunction(input));
    else if (id === sections.data) data = input.vector(() => readSegment(input));
    else if (id === sections.custom) {
      input.name();
      expect(input, 1);
      input.unsigned();
      input.vector(() => names.set(input.unsigned(), input.name()));
    } else throw new RangeError(`there is no section ${id}`);
  }
  const functions = bodies.map((body, i) => ({
    name: names.get(imports.length + i) ?? '',
    signature: signaturesOfFunctions[i] ?? 0,
    ...body,
  }));
  return { signatures, imports, memory, functions, globals, exports, data };
};
