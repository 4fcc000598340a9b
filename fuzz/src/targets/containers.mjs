/** The containers of weights: read, checked, written again. */
import { createEncoding, dtypeInfo, encodedSize, memorySink, memorySource, readRange } from '@mirust/core';
import { createGgufWriter, layoutGguf, readGguf } from '@mirust/gguf';
import { describeModel, readGgufHyperparameters } from '@mirust/model';
import { readSafetensors, readSafetensorsIndex } from '@mirust/safetensors';
import {
  createSlm1Writer,
  createSlm2Writer,
  layoutSlm1,
  layoutSlm2,
  openVerifiedData,
  readSlm1,
  readSlm2,
  verifySlm2Data,
} from '@mirust/slm';
import { readBpe1, readBtok, readTokn, tokenizerFromGguf } from '@mirust/tokenizer';
import { utf8 } from '../mutate/bytes.mjs';
import { checkTensors, checkTokenizer, must, same } from './invariants.mjs';

/** The bytes that a writer makes; `copy` hands it a tensor, `finish` is what it asks for at the end. */
async function written(layout, createWriter, copy, ...finish) {
  const sink = memorySink(layout.byteLength);
  const writer = createWriter(layout, sink);
  for (const tensor of layout.tensors) await copy(writer, tensor);
  await writer.finish(...finish);
  await sink.commit();
  return sink.bytes();
}

export async function runGguf(bytes, deep) {
  const source = memorySource(bytes, 'a.gguf');
  const file = await readGguf(source);
  await checkTensors(source, file.tensors, file.dataOffset);
  for (const { name, dtype, shape, offset, byteLength } of file.tensors) {
    must(encodedSize(createEncoding(dtype, shape), shape).payloadBytes === byteLength, () => `${name}: ${byteLength}`);
    must((offset - file.dataOffset) % file.alignment === 0, () => `${name} at ${offset}`);
  }
  must(file.tensorsByName.size === file.tensors.length, () => 'names that are not unique');
  if (deep) await rewriteGguf(source, file);
  if (file.metadata.has('tokenizer.ggml.model')) checkTokenizer(tokenizerFromGguf(file.metadata).model, deep);
  if (!file.metadata.has('general.architecture')) return;
  const embedding = file.tensorsByName.get('token_embd.weight');
  const { architecture, hyperparameters } = readGgufHyperparameters(file.metadata, {
    hasOutput: file.tensorsByName.has('output.weight'),
    hasRopeFactors: file.tensorsByName.has('rope_freqs.weight'),
    embeddingRows: embedding?.shape[0],
  });
  describeModel(architecture, hyperparameters);
}

/** What the writer takes comes back the same. It writes no names that the format does not allow. */
async function rewriteGguf(source, file) {
  if (file.tensors.some(({ name }) => utf8(name).length > 64)) return;
  const bytes = await written(layoutGguf(file), createGgufWriter, async (gguf, { name, byteLength }) => {
    const { offset } = file.tensorsByName.get(name);
    await gguf.writeTensor(name, 0, await readRange(source, offset, byteLength));
  });
  const again = await readGguf(memorySource(bytes));
  const plain = ({ metadata, tensors, alignment }) => ({
    alignment,
    metadata: new Map([...metadata].map(([key, { offset: _, ...value }]) => [key, value])),
    tensors: tensors.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
  });
  must(again.warnings.length === 0, () => `the written file has ${again.warnings[0]?.code}`);
  must(same(plain(again), plain(file)), () => 'a written GGUF is read differently');
}

export async function runSafetensors(bytes, deep) {
  const source = memorySource(bytes, 'a.safetensors');
  const file = await readSafetensors(source);
  await checkTensors(source, file.tensors, file.dataOffset);
  const covered = file.tensors.reduce((sum, { byteLength }) => sum + byteLength, 0);
  must(file.dataOffset + covered === bytes.length, () => `${covered} bytes are covered of ${bytes.length}`);
  must(file.tensorsByName.size === file.tensors.length, () => 'names that are not unique');
  if (!deep) return;
  const again = await readSafetensors(memorySource(rewriteSafetensors(bytes, file)));
  const plain = ({ tensors, metadata }) => ({ metadata, tensors: tensors.map(({ file: _, offset, ...rest }) => rest) });
  must(same(plain(again), plain(file)), () => 'a written safetensors file is read differently');
}

/** The same file with a header of our own. */
function rewriteSafetensors(bytes, file) {
  const members = file.tensors.map((tensor) => {
    const begin = tensor.offset - file.dataOffset;
    const fields = `"dtype":"${dtypeInfo(tensor.dtype).safetensorsName}","shape":[${tensor.shape}],"data_offsets":[${begin},${begin + tensor.byteLength}]`;
    return `${JSON.stringify(tensor.name)}:{${fields}}`;
  });
  if (file.metadata.size > 0) {
    const pairs = [...file.metadata].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
    members.unshift(`"__metadata__":{${pairs}}`);
  }
  const header = utf8(`{${members}}`);
  const result = new Uint8Array(8 + header.length + bytes.length - file.dataOffset);
  new DataView(result.buffer).setBigUint64(0, BigInt(header.length), true);
  result.set(header, 8);
  result.set(bytes.subarray(file.dataOffset), 8 + header.length);
  return result;
}

export async function runSafetensorsIndex(bytes) {
  const index = readSafetensorsIndex(bytes);
  must(
    index.files.every((file) => /^[A-Za-z0-9_][A-Za-z0-9._-]*\.safetensors$/.test(file)),
    () => `${index.files}`,
  );
  must(same([...new Set(index.weightMap.values())].sort(), index.files), () => 'files that no tensor is in');
}

/** Payload and scales, which lie apart. */
function placesOf(tensors) {
  return tensors.flatMap(({ name, offset, byteLength, scaleOffset, scaleByteLength }) => [
    { name, offset, byteLength },
    ...(scaleByteLength > 0 ? [{ name: `${name} scales`, offset: scaleOffset, byteLength: scaleByteLength }] : []),
  ]);
}

/** Writes all of a tensor from another file of the same description. */
function copyTensor(source, byName) {
  return async (writer, { name, scaleByteLength }) => {
    const tensor = byName.get(name);
    const payload = await readRange(source, tensor.offset, tensor.byteLength);
    const scales =
      scaleByteLength === 0 ? {} : { scales: await readRange(source, tensor.scaleOffset, scaleByteLength) };
    await writer.writeTensor(name, { payloadOffset: 0, payload, ...scales });
  };
}

export async function runSlm1(bytes, deep) {
  const source = memorySource(bytes, 'a.slm');
  const file = await readSlm1(source);
  await checkTensors(source, placesOf(file.tensors), file.header.dataOffset);
  const { offset, byteLength, kind } = file.tokenizer;
  const section = await readRange(source, offset, byteLength);
  if (deep) await rewriteSlm1(source, file, section);
  checkTokenizer(kind === 'BTOK' ? readBtok(section, offset) : readBpe1(section, offset), deep);
}

async function rewriteSlm1(source, file, section) {
  const { hyperparameters, specialTokenCount } = file.header;
  const layout = layoutSlm1({
    hyperparameters,
    specialTokenCount,
    tokenizerBytes: section,
    encoding: (name) => file.tensorsByName.get(name).encoding,
  });
  const copy = copyTensor(source, file.tensorsByName);
  const again = await readSlm1(memorySource(await written(layout, createSlm1Writer, copy)));
  const plain = ({ header, tensors }) => ({
    hyperparameters: header.hyperparameters,
    tensors: tensors.map(({ name, encoding, shape }) => ({ name, encoding, shape })),
  });
  must(same(plain(again), plain(file)), () => 'a written SLM1 is read differently');
}

export async function runSlm2(bytes, deep) {
  const source = memorySource(bytes, 'a.slm');
  const file = await readSlm2(source);
  await checkTensors(source, placesOf(file.tensors), file.dataOffset);
  await verifySlm2Data(source, file);
  const data = openVerifiedData(source, file);
  for (const { offset, byteLength } of placesOf(file.tensors)) await readRange(data, offset, byteLength);
  const { meta, tokenizerBytes } = file;
  // Bytes are a function of the content: what is written again is the same file, unless it has sections of a later version.
  if (deep && file.sections.length === 5 && !hasPendingSource(meta)) {
    const tensors = file.tensors.map(({ name, encoding, shape }) => ({ name, encoding, shape }));
    const layout = layoutSlm2({ meta, tokenizerBytes, tensors });
    const copy = copyTensor(source, file.tensorsByName);
    must(
      same(await written(layout, createSlm2Writer, copy, meta), bytes),
      () => 'an SLM2 changes when it is written again',
    );
  }
  const section = file.sections.find(({ kind }) => kind === 'TOKN');
  checkTokenizer(readTokn(tokenizerBytes, section.offset), deep);
}

/** The writer refuses sources whose digest nobody has taken; the reader cannot know. */
function hasPendingSource({ sources }) {
  return sources.some(({ sha256 }) => /^0*$/.test(sha256));
}
