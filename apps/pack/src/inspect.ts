/** `mirust-pack inspect`: what a model file holds, from its headers. */
import { type Checkpoint, type InspectedCheckpoint, inspectCheckpoint } from '@mirust/checkpoint';
import { openPath } from '@mirust/checkpoint/node';
import { type ArgumentsOf, type CommandContext, exitCodeOf, formatTable, writeJson, writeStdout } from '@mirust/cli';
import { encodedSize, formatEncoding, formatShape, sanitizeText } from '@mirust/core';
import { parameterCount } from '@mirust/model';
import type { INSPECT } from './arguments.ts';

/** Problems of a file that a person is shown. */
const MAX_SHOWN_PROBLEMS = 10;

/** `mirust-pack inspect FILE [--json]`: also of a file that breaks the contract, with all that is wrong. */
export async function inspect(
  args: ArgumentsOf<typeof INSPECT.positionals, typeof INSPECT.options>,
  { signal, exitWith }: CommandContext,
): Promise<void> {
  const inspected = await inspectCheckpoint(await openPath(args.file), { signal });
  try {
    const [first] = inspected.problems;
    if (first !== undefined) exitWith(exitCodeOf(first.class));
    if (args.json) await writeJson(inspectJson(inspected));
    else await writeStdout(formatInspection(inspected));
  } finally {
    await inspected.checkpoint.close();
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

function inspectJson({ checkpoint, problems, problemCount }: InspectedCheckpoint): object {
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
    ...(problemCount === 0 ? {} : { problemCount, problems: problems.map(({ code, message }) => ({ code, message })) }),
  };
}

function formatInspection({ checkpoint, problems, problemCount }: InspectedCheckpoint): string {
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
  if (rows.length > 0) lines.push('', formatTable(columns, rows));
  for (const { code, message } of warnings) lines.push(`warning ${code}: ${message}`);
  for (const { code, message } of problems.slice(0, MAX_SHOWN_PROBLEMS)) lines.push(`problem ${code}: ${message}`);
  if (problemCount > MAX_SHOWN_PROBLEMS) lines.push(`and ${problemCount - MAX_SHOWN_PROBLEMS} more problems`);
  return `${lines.join('\n')}\n`;
}
