/** The codecs on a trained model's weights (third-party data, absent in a fresh clone: then skipped). */
import { existsSync, readFileSync } from 'node:fs';
import { createEncoding } from '@mirust/core';
import { describe, expect, it } from 'vitest';
import { createErrorStatistics, decodeRows, encodedTile, measureTile } from '../src/index.ts';
import { assetPath } from './_values.ts';

const PATH = assetPath('stories260k/stories260K.bin');
const isPresent = existsSync(PATH);
if (!isPresent) console.warn(`skipped: no ${PATH}; set MIRUST_ASSETS to the folder with the conformance data`);

/** The token embeddings lie behind the header of seven i32: [512, 64]. */
const EMBEDDING_OFFSET = 28;

describe.skipIf(!isPresent)('stories260K', () => {
  it.each([
    ['q8', {}, 0.0045, 0.0065],
    ['q4', {}, 0.078, 0.088],
    ['q4', { scaleType: 'f16' }, 0.078, 0.088],
    ['f16', {}, 0.00018, 0.00023],
  ] as const)('%s %o', (dtype, options, least, most) => {
    const file = readFileSync(PATH);
    const shape = [512, 64];
    const original = new Float32Array(
      file.buffer.slice(file.byteOffset + EMBEDDING_OFFSET, file.byteOffset + EMBEDDING_OFFSET + 512 * 64 * 4),
    );
    const encoding = createEncoding(dtype, shape, options);
    const place = { tensor: 'tok_embeddings.weight', firstRow: 0 };
    const tile = encodedTile(encoding, 64, original, place);
    const decoded = new Float32Array(original.length);
    decodeRows({ name: place.tensor, encoding, shape, ...tile }, 0, 512, decoded);
    const collector = createErrorStatistics(shape);
    collector.add(measureTile(encoding, 64, { original, decoded, scales: tile.scales }, place));
    const { relativeRmsError } = collector.finish();
    expect(relativeRmsError).toBeGreaterThan(least);
    expect(relativeRmsError).toBeLessThan(most);
  });
});
