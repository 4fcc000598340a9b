/** `mirust-pack inspect`: what a model file holds, from its headers. */
import { type Checkpoint, openCheckpoint } from '@mirust/checkpoint';
import { openPath } from '@mirust/checkpoint/node';
import { type CommandContext, formatTable, writeJson, writeStdout } from '@mirust/cli';
import { encodedSize, formatEncoding, formatShape, sanitizeText } from '@mirust/core';
import { parameterCount } from '@mirust/model';
import type { Argv, CommandModule } from 'yargs';

interface InspectArguments {
  readonly file: string;
  readonly json: boolean;
}

/** `mirust-pack inspect FILE [--json]` */
export function inspectCommand(context: CommandContext): CommandModule<object, InspectArguments> {
  return {
    command: 'inspect <file>',
    describe: 'show hyperparameters and tensors of a model file',
    builder: (parser) =>
      parser
        .positional('file', { type: 'string', demandOption: true, describe: 'any format that is read' })
        .option('json', {
          type: 'boolean',
          default: false,
          describe: 'print as JSON',
        }) as unknown as Argv<InspectArguments>,
    handler: async (args) => {
      const checkpoint = await openCheckpoint(await openPath(args.file), { signal: context.signal });
      try {
        if (args.json) await writeJson(inspectJson(checkpoint));
        else await writeStdout(formatInspection(checkpoint));
      } finally {
        await checkpoint.close();
      }
    },
  };
}

function tensorRows(
  checkpoint: Checkpoint,
): { name: string; sourceName: string; shape: readonly number[]; type: string; bytes: number }[] {
  return checkpoint.model.contract.flatMap(({ name }) => {
    const tensor = checkpoint.tensors.get(name);
    if (tensor === undefined) return [];
    const { payloadBytes, scaleBytes } = encodedSize(tensor.encoding, tensor.shape);
    const { sourceName, shape } = tensor;
    return [{ name, sourceName, shape, type: formatEncoding(tensor.encoding), bytes: payloadBytes + scaleBytes }];
  });
}

function inspectJson(checkpoint: Checkpoint): unknown {
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
