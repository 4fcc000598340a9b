/** Makes the files of the rules' examples, and asks the gate what it says of them. */
import { createHash } from 'node:crypto';
import { type FileSet, fileSetOf } from '@mirust/checkpoint';
import { isMirustError, memorySource } from '@mirust/core';
import { createSlm1Checksum } from '@mirust/integrity';
import { layoutSlm1, readSlm1, readSlm2 } from '@mirust/slm';
// @boundaries-ignore bytes of a format are made where its reader is tested
import {
  GGUF_METADATA,
  type GgufKey,
  type GgufTensor,
  ggufFile,
  ggufTensors,
  ggufText,
  ggufVocabulary,
  llama2cFile,
  slm2File,
  TINY,
} from '../../checkpoint/test/_artifacts.ts';
// @boundaries-ignore bytes of a format are made where its reader is tested
import { CONFIG, json, type TestFiles, tinyDirectory, utf8 } from '../../checkpoint/test/_support.ts';
// @boundaries-ignore bytes of a format are made where its reader is tested
import { array, TYPE } from '../../gguf/test/_build.ts';
// @boundaries-ignore bytes of a format are made where its reader is tested
import { buildSlm1, resign, sectionsOf, tinySlm1 } from '../../slm/test/_support.ts';
import { type AdmissionFinding, admit, createPolicy, findingOf, type ModelRunner } from '../src/index.ts';
import { encodeRows, encodeValue } from '../src/rules/docs/bytes.ts';
import type { ArtifactChange, ByteChange, ExampleInput, GgufChange } from '../src/rules/docs/rule-doc.ts';

/** A tokenizer of two letters, in the form of tokenizer.json. */
export const TOKENIZER = `{"normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
  "decoder": {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
  "model": {"type": "BPE", "unk_token": "<unk>", "vocab": {"<unk>": 0, "a": 1, "b": 2}, "merges": []}}`;

/** What an example is made into: files, or something else that ends in an error or gives findings. */
export type Subject = FileSet | (() => unknown);

/** What the gate says of a subject: the messages of its findings, by code. */
export async function saidOf(subject: Subject): Promise<ReadonlyMap<string, AdmissionFinding>> {
  const findings = typeof subject === 'function' ? await findingsOf(subject) : (await admit(subject)).findings;
  return new Map(findings.map((finding) => [finding.rule, finding]));
}

async function findingsOf(run: () => unknown): Promise<readonly AdmissionFinding[]> {
  try {
    const result = await run();
    if (Array.isArray(result)) return result;
  } catch (error) {
    if (isMirustError(error)) return [findingOf(error)];
    throw error;
  }
  throw new Error('nothing is wrong with the example');
}

/** Files in memory. */
export function files(contents: TestFiles, primary?: string): FileSet {
  return fileSetOf(
    new Map(Object.entries(contents).map(([name, bytes]) => [name, memorySource(bytes, name)])),
    primary,
  );
}

/** The tiny model as a directory with a tokenizer, and other files in the place of its own. */
export function directory(changes: TestFiles = {}, without: readonly string[] = []): FileSet {
  const all = { ...tinyDirectory(), 'tokenizer.json': utf8(TOKENIZER), ...changes };
  return files(Object.fromEntries(Object.entries(all).filter(([name]) => !without.includes(name))));
}

/** Makes an input that is data. Throws TypeError for one that is only described. */
export async function subjectOf(input: ExampleInput): Promise<Subject> {
  if ('described' in input) throw new TypeError('the example is no data');
  if ('text' in input) return fileOf(input.file, utf8(input.text));
  if ('fields' in input) return directory({ [input.file]: json({ ...CONFIG, ...input.fields }) });
  if ('template' in input) return files({ 'model.gguf': templatedGguf(input.template) }, 'model.gguf');
  if ('policy' in input) return () => findingsUnder(input.policy);
  if ('gguf' in input) return files({ 'model.gguf': changedGguf(input.gguf) }, 'model.gguf');
  if ('artifact' in input) return artifact(await changedArtifact(input));
  if ('sections' in input) return artifact(await withSections(input.sections));
  if ('meta' in input) return artifact(await withMeta(input.meta.from, input.meta.to));
  const bytes = encodeRows(input.rows);
  if ('section' in input) return artifact(await withBpe1(bytes));
  return fileOf(input.file, bytes);
}

/** The tiny GGUF with a chat template. */
function templatedGguf(template: string): Uint8Array {
  const key = ggufText('tokenizer.chat_template', template);
  return ggufFile([...GGUF_METADATA, ...ggufVocabulary(), key], ggufTensors());
}

/** What a policy finds in the tiny GGUF. `runner` runs it, where the policy demands that. */
export async function findingsUnder(policy: object, runner?: ModelRunner): Promise<readonly AdmissionFinding[]> {
  const model = files({ 'model.gguf': changedGguf({}) }, 'model.gguf');
  return (await admit(model, { policy: createPolicy({ version: 1, ...policy }), runner })).findings;
}

function artifact(bytes: Uint8Array): FileSet {
  return files({ 'model.slm': bytes }, 'model.slm');
}

/** A file of a directory, or one that stands for itself. */
function fileOf(name: string, bytes: Uint8Array): FileSet {
  if (name === 'tokenizer.bin') {
    return files({ 'model.bin': llama2cFile({ version: 1, vocabulary: 260 }), [name]: bytes }, 'model.bin');
  }
  if (/\.(gguf|bin|slm)$/.test(name)) return files({ [name]: bytes }, name);
  if (name === 'tokenizer.model') return directory({ [name]: bytes }, ['tokenizer.json']);
  return directory({ [name]: bytes }, name.endsWith('.index.json') ? ['model.safetensors'] : []);
}

const GGML_TYPES: Readonly<Record<string, readonly [id: number, bytesPer32: number]>> = {
  F32: [0, 128],
  Q4_0: [2, 18],
  I32: [26, 128],
};

function changedGguf({ keys = [], without = [], tensors = [] }: GgufChange): Uint8Array {
  const changed = new Map<string, GgufKey>();
  for (const key of [...GGUF_METADATA, ...ggufVocabulary()]) changed.set(String(key[0]), key);
  for (const [key, value] of keys) changed.set(key, ggufKey(key, value));
  for (const key of without) changed.delete(key);
  const added = tensors.map(([name, typeName, shape]): GgufTensor => {
    const [type, bytesPer32] = GGML_TYPES[typeName] ?? [0, 0];
    const values = shape.reduce((product, dimension) => product * dimension, 1);
    return { name, type, shape, bytes: new Uint8Array(Math.ceil(values / 32) * bytesPer32) };
  });
  return ggufFile([...changed.values()], [...ggufTensors(), ...added]);
}

/** `u32 33` as a value of a key; a list as an array of the type of its elements. */
function ggufKey(key: string, value: string | readonly string[]): GgufKey {
  if (typeof value === 'string') return [key, ggufType(value), encodeValue(value)];
  return [key, TYPE.array, array(ggufType(value[0] ?? ''), value.length, ...value.map(encodeValue))];
}

function ggufType(value: string): number {
  const types = { u8: TYPE.uint8, u32: TYPE.uint32, u64: TYPE.uint64, i32: TYPE.int32, f32: TYPE.float32 };
  return value.startsWith('string') ? TYPE.string : types[value.slice(0, value.indexOf(' ')) as keyof typeof types];
}

async function changedArtifact({
  artifact: kind,
  changes,
  resealed,
  grownBy = 0,
}: ArtifactChange): Promise<Uint8Array> {
  const good = kind === 'SLM1' ? await buildSlm1(tinySlm1('q8')) : await slm2File();
  const bytes = new Uint8Array(good.byteLength + grownBy);
  bytes.set(good.subarray(0, bytes.byteLength));
  for (const change of changes) {
    bytes.set(encodeValue(change.to[0]), change.at + (await placeOf(good, kind, change.in)));
  }
  if (resealed && kind === 'SLM2') resign(bytes);
  if (resealed && kind === 'SLM1') {
    const checksum = createSlm1Checksum();
    checksum.update(bytes);
    new DataView(bytes.buffer).setBigUint64(100, checksum.digest(), true);
  }
  return bytes;
}

/** Where something lies in a good file. */
async function placeOf(good: Uint8Array, kind: 'SLM1' | 'SLM2', place: ByteChange['in']): Promise<number> {
  if (place === undefined) return 0;
  const [what, of] = place;
  if (kind === 'SLM1') {
    const file = await readSlm1(memorySource(good));
    const tensor = file.tensorsByName.get(of);
    if (tensor === undefined) throw new TypeError(`SLM1 has no ${of}`);
    if (what !== 'entry') return what === 'scales' ? tensor.scaleOffset : tensor.offset;
    // The directory is written in the order of the tensors.
    return file.header.directoryOffset + 64 * file.tensors.indexOf(tensor);
  }
  const section = sectionsOf(good).get(of);
  if (section !== undefined) return what === 'entry' ? section.entry : section.offset;
  const file = await readSlm2(memorySource(good));
  const tensor = file.tensorsByName.get(of);
  if (tensor === undefined) throw new TypeError(`SLM2 has no ${of}`);
  if (what !== 'entry') return what === 'scales' ? tensor.scaleOffset : tensor.offset;
  return (sectionsOf(good).get('TENS')?.offset ?? 0) + 128 * file.tensors.indexOf(tensor);
}

/** The SLM1 file of the smallest model whose tokenizer section is this one. */
function withBpe1(tokenizerBytes: Uint8Array): Promise<Uint8Array> {
  const vocabSize = new DataView(tokenizerBytes.buffer).getUint32(8, true);
  return buildSlm1(layoutSlm1({ hyperparameters: { ...TINY, vocabSize }, tokenizerBytes }));
}

/** Contents of the sections of a good SLM2 file. */
export async function slm2Sections(): Promise<Map<string, Uint8Array>> {
  const good = await slm2File();
  return new Map(
    [...sectionsOf(good)].map(([kind, { offset, byteLength }]) => [kind, good.slice(offset, offset + byteLength)]),
  );
}

async function withSections(names: readonly string[]): Promise<Uint8Array> {
  const contents = await slm2Sections();
  return assemble(
    names.map((name) => {
      const [, kind = '', flags = '1'] = /^(\w{4})(?: \(flags (\d)\))?$/.exec(name) ?? [];
      return [kind, contents.get(kind) ?? Uint8Array.of(1), Number(flags)] as const;
    }),
  );
}

async function withMeta(from: string, to: string): Promise<Uint8Array> {
  const contents = await slm2Sections();
  const text = new TextDecoder().decode(contents.get('META'));
  if (!text.includes(from)) throw new TypeError(`META has no ${from}`);
  contents.set('META', utf8(from === '' ? text + to : text.replace(from, to)));
  return assemble([...contents].map(([kind, content]) => [kind, content, 1] as const));
}

/** An SLM2 file of sections as they are given, all digests right. Tensors are moved to where DATA comes to lie. */
export async function assemble(
  parts: readonly (readonly [kind: string, content: Uint8Array, flags: number])[],
): Promise<Uint8Array> {
  const good = await slm2File();
  let end = 64 + 64 * parts.length;
  const offsets = parts.map(([kind, content]) => {
    const alignment = kind === 'DATA' ? 4096 : 64;
    const offset = Math.ceil(end / alignment) * alignment;
    end = offset + content.byteLength;
    return offset;
  });
  const bytes = new Uint8Array(end);
  const view = new DataView(bytes.buffer);
  bytes.set(good.subarray(0, 64));
  view.setBigUint64(8, BigInt(end), true);
  view.setUint32(16, parts.length, true);
  const moved = BigInt((offsets.at(-1) ?? 0) - (sectionsOf(good).get('DATA')?.offset ?? 0));
  for (const [index, [kind, content, flags]] of parts.entries()) {
    const [entry, offset] = [64 + 64 * index, offsets[index] ?? 0];
    bytes.set(utf8(kind), entry);
    view.setUint32(entry + 4, flags, true);
    view.setBigUint64(entry + 8, BigInt(offset), true);
    view.setBigUint64(entry + 16, BigInt(content.byteLength), true);
    bytes.set(content, offset);
    const entriesEnd = kind === 'TENS' ? view.getUint32(offset, true) : 0;
    for (let tensor = offset; tensor < offset + entriesEnd; tensor += 128) {
      for (const at of [tensor + 48, tensor + 64]) {
        const value = view.getBigUint64(at, true);
        if (value !== 0n) view.setBigUint64(at, value + moved, true);
      }
    }
  }
  return resign(bytes);
}

/** Sets a digest in the section table and makes the root digest right again. */
export function withSectionDigest(bytes: Uint8Array, kind: string, digest: Uint8Array): Uint8Array {
  bytes.set(digest, (sectionsOf(bytes).get(kind)?.entry ?? 0) + 24);
  bytes.fill(0, 32, 64);
  const count = new DataView(bytes.buffer, bytes.byteOffset).getUint32(16, true);
  bytes.set(
    createHash('sha256')
      .update(bytes.subarray(0, 64 + 64 * count))
      .digest(),
    32,
  );
  return bytes;
}
