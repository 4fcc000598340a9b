#!/usr/bin/env node
/** Writes the cases as files, for `fixtures/oracles/differential.py`: `node fuzz/src/differential/write.mjs FOLDER`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DIFFERENTIAL_FORMATS, differentialCases } from './cases.mjs';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('the folder is missing');
for (const format of DIFFERENTIAL_FORMATS) {
  mkdirSync(join(folder, format), { recursive: true });
  for (const { bytes, digest } of await differentialCases(format)) writeFileSync(join(folder, format, digest), bytes);
}
