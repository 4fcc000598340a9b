/** The same bytes through the gate: whatever a file is, `admit` gives a report. */
import { admit } from '@mirust/admission';
import { fileSetOf, openCheckpoint } from '@mirust/checkpoint';
import { memorySource } from '@mirust/core';
import { must } from './invariants.mjs';

/**
 * Admits a set of files. Where the container's own reader took the bytes, none of its codes (those that begin with
 * `prefix`) may be among the errors; where it refused them, the file must not be admitted.
 */
export async function runGate(files, primary, { prefix, accepted }) {
  const sources = new Map(Object.entries(files).map(([name, bytes]) => [name, memorySource(bytes, name)]));
  const { verdict, findings } = await admit(fileSetOf(sources, primary));
  must(['admitted', 'rejected', 'undetermined'].includes(verdict), () => `verdict ${verdict}`);
  if (!accepted) must(verdict === 'rejected', () => `${verdict}, although the reader refuses it`);
  const contrary = accepted
    ? findings.find(
        ({ rule, class: kind, severity }) => kind === 'structure' && severity === 'error' && rule.startsWith(prefix),
      )
    : undefined;
  must(
    contrary === undefined,
    () => `${contrary?.rule} of the gate, although the reader takes it: ${contrary?.message}`,
  );
  JSON.stringify(findings);
}

/** Opens a llama2.c model with its tokenizer and reads every row: its reader is part of the checkpoint package. */
export async function runLlama2c(bytes, tokenizer) {
  const files = new Map([
    ['a.bin', memorySource(bytes, 'a.bin')],
    ['tokenizer.bin', memorySource(tokenizer, 'tokenizer.bin')],
  ]);
  const checkpoint = await openCheckpoint(fileSetOf(files, 'a.bin'));
  try {
    for (const tensor of checkpoint.tensors.values()) {
      const rows = tensor.shape.length > 1 ? tensor.shape[0] : 1;
      const columns = tensor.shape.at(-1);
      const payload = new Uint8Array(4 * rows * columns);
      must(payload.length <= bytes.length, () => `${tensor.name} is larger than the file`);
      await tensor.readRows(0, rows, payload, new Uint8Array(0));
    }
    await checkpoint.readTokenizer();
  } finally {
    await checkpoint.close();
  }
}
