/**
 * What the pieces cost. Inputs are made from seeds or are the shipped model; peers are what the platform itself brings.
 * The reference backend is an oracle, and is measured here only so that its cost is known.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint } from '@mirust/checkpoint';
import { openPath } from '@mirust/checkpoint/node';
import { createEncoding, memorySink, memorySource, parseStrictJson } from '@mirust/core';
import { createChunkHasher, createSlm1Checksum } from '@mirust/integrity';
import { convert, fixtureCheckpoint, planConversion } from '@mirust/pipeline';
import { createRecipe, encodedTile } from '@mirust/quant';
import { createRandom, loadModel } from '@mirust/runtime';
import { readSlm2, verifySlm2Data } from '@mirust/slm';
import { createTokenizer } from '@mirust/tokenizer';

const MB = 1e6;

/** Bytes that no hash or codec can guess. */
function noise(byteLength, seed) {
  const random = createRandom(seed);
  const words = new Uint32Array(byteLength / 4);
  for (let i = 0; i < words.length; i++) words[i] = random() * 2 ** 32;
  return new Uint8Array(words.buffer);
}

async function packedFixture() {
  const plan = await planConversion({
    checkpoint: fixtureCheckpoint('tiny-lm-16m'),
    recipe: createRecipe({ default: 'q8' }),
    format: 'slm2',
    tool: { name: 'bench', version: '0' },
    sources: [],
  });
  const sink = memorySink(plan.byteLength);
  await convert(plan, sink);
  return sink.bytes();
}

/** All cases. `root` is the repository. */
export async function createCases(root) {
  const bytes = noise(32 * 2 ** 20, 1);
  const tile = Float32Array.from({ length: 2 ** 20 }, createRandom(2)).map((value) => value - 0.5);
  const json = readFileSync(join(root, 'fixtures', 'story', 'hf', 'tokenizer.json'), 'utf8');
  const text = readFileSync(join(root, 'fixtures', 'story', 'heldout.txt'), 'utf8').repeat(8);
  const artifact = await packedFixture();
  const checkpoint = await openCheckpoint(await openPath(join(root, 'fixtures', 'story', 'hf')));
  const tokenizer = createTokenizer((await checkpoint.readTokenizer()).model);
  const model = await loadModel(checkpoint, { context: 256, backend: 'reference' });
  await checkpoint.close();
  const hash = () => createHash('sha256').update(bytes).digest();
  const encode = (dtype) => () =>
    encodedTile(createEncoding(dtype, [1024, 1024]), 1024, tile, { tensor: 'noise', firstRow: 0 });
  return [
    {
      name: 'chunk tree of 32 MiB',
      unit: 'MB/s',
      amount: bytes.byteLength / MB,
      subject: async () => {
        const hasher = createChunkHasher();
        await hasher.update(bytes);
        await hasher.finish();
      },
      peer: hash,
      peerName: 'SHA-256 of node:crypto in one call',
    },
    {
      name: 'SLM1 checksum of 32 MiB',
      unit: 'MB/s',
      amount: bytes.byteLength / MB,
      subject: () => {
        const checksum = createSlm1Checksum();
        checksum.update(bytes);
        return checksum.digest();
      },
      peer: hash,
      peerName: 'SHA-256 of node:crypto in one call',
    },
    {
      name: 'strict JSON of a tokenizer.json',
      unit: 'MB/s',
      amount: json.length / MB,
      subject: () => parseStrictJson(json),
      peer: () => JSON.parse(json),
      peerName: 'JSON.parse',
    },
    {
      name: 'open and verify an SLM2 of 17 MB',
      unit: 'MB/s',
      amount: artifact.byteLength / MB,
      subject: async () => {
        const source = memorySource(artifact);
        await verifySlm2Data(source, await readSlm2(source));
      },
      peer: () => createHash('sha256').update(artifact).digest(),
      peerName: 'SHA-256 of node:crypto in one call',
    },
    { name: 'quantize f32 to q8', unit: 'MB/s of f32', amount: (tile.length * 4) / MB, subject: encode('q8') },
    { name: 'quantize f32 to q4', unit: 'MB/s of f32', amount: (tile.length * 4) / MB, subject: encode('q4') },
    {
      name: 'encode text, byte-level BPE',
      unit: 'MB/s',
      amount: text.length / MB,
      subject: () => tokenizer.encode(text),
    },
    {
      name: 'decode, reference backend, shipped model',
      unit: 'tokens/s',
      amount: 64,
      subject: () => model.complete('', { maxTokens: 64, ignoreEndOfGeneration: true }),
    },
  ];
}
