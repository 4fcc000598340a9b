/** `mirust-pack inspect`: what a model file holds, from its headers. */
import { type Checkpoint, openCheckpoint } from '@mirust/checkpoint';
import { openPath } from '@mirust/checkpoint/node';
import { type ArgumentsOf, type CommandContext, formatTable, writeJson, writeStdout } from '@mirust/cli';
import { encodedSize, formatEncoding, formatShape, sanitizeText } from '@mirust/core';
import { parameterCount } from '@mirust/model';
import type { INSPECT } from './arguments.ts';

/** `mirust-pack inspect FILE [--json]` */
export async function inspect(
  args: ArgumentsOf<typeof INSPECT.positionals, typeof INSPECT.options>,
  { signal }: CommandContext,
): Promise<void> {
  const checkpoint = await openCheckpoint(await openPath(args.file), { signal });
  try {
    if (args.json) await writeJson(inspectJson(checkpoint));
    else await writeStdout(formatInspection(checkpoint));
  } finally {
    await checkpoint.close();
  }
}

/** One tensor as it is shown. */
interface TensorRow {
  readonly name: string;
  readonly sourceName: string;
  readonly shape: readonly number[];
  readonly type: string;
  readonly bytes: number;
}

/** In the order of the contract. */
function tensorRows(checkpoint: Checkpoint): TensorRow[] {
  return checkpoint.model.contract.flatMap(({ name }) => {
    const tensor = checkpoint.tensors.get(name);
    if (tensor === undefined) return [];
    const { encoding, sourceName, shape } = tensor;
    const { payloadBytes, scaleBytes } = encodedSize(encoding, shape);
    return [{ name, sourceName, shape, type: formatEncoding(encoding), bytes: payloadBytes + scaleBytes }];
  });
}

function inspectJson(checkpoint: Checkpoint): object {
  const { format, model, facts, rootDigest, warnings } = checkpoint;
  return {
    format,
    ...(rootDigest === undefined ? {} : { rootDigest }),
    architecture: model.architecture,
    parameters: parameterCount(model.contract),
    hyperparameters: model.hyperparameters,
    facts,
    tensors: tensorRows(checkpoint),
    warnings,
  };
}

function formatInspection(checkpoint: Checkpoint): string {
  const { format, model, facts, rootDigest, warnings } = checkpoint;
  const parameters = parameterCount(model.contract).toLocaleString('en-US');
  const lines = [`${format}: ${model.architecture}, ${parameters} parameters`];
  if (rootDigest !== undefined) lines.push(`root digest ${rootDigest}`);
  for (const [key, value] of Object.entries(facts)) lines.push(`${key}: ${sanitizeText(String(value))}`);
  lines.push('');
  for (const [key, value] of Object.entries(model.hyperparameters)) {
    lines.push(`  ${key.padEnd(16)} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`);
  }
  const rows = tensorRows(checkpoint).map(({ name, sourceName, shape, type, bytes }) => {
    return [name, formatShape(shape), type, bytes.toLocaleString('en-US'), sanitizeText(sourceName)];
  });
  const columns = [
    { title: 'tensor' },
    { title: 'shape' },
    { title: 'type' },
    { title: 'bytes', align: 'right' },
    { title: 'in the file' },
  ] as const;
  lines.push('', formatTable(columns, rows));
  for (const { code, message } of warnings) lines.push(`warning ${code}: ${message}`);
  return `${lines.join('\n')}\n`;
}
