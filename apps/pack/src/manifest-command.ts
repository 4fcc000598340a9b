/** `mirust-pack manifest`: the manifest of a finished artifact. */
import { type CommandContext, createProgress, writeStdout } from '@mirust/cli';
import { fileSource, writeFileAtomic } from '@mirust/core/node';
import { SOURCE_KINDS, type SourceKind, writeManifest, writeSidecar } from '@mirust/integrity';
import { manifestOf, sidecarOf } from '@mirust/pipeline';
import type { Argv, CommandModule } from 'yargs';

interface ManifestArguments {
  readonly file: string;
  readonly out: string | undefined;
  readonly kind: 'json' | 'sidecar';
  readonly source: SourceKind;
}

/** `mirust-pack manifest FILE [OUT] [--kind json|sidecar]` */
export function manifestCommand(context: CommandContext, version: string): CommandModule<object, ManifestArguments> {
  return {
    command: 'manifest <file> [out]',
    describe: 'verify an artifact and write its manifest',
    builder: (parser) =>
      parser
        .positional('file', { type: 'string', demandOption: true, describe: 'an artifact (.slm)' })
        .positional('out', { type: 'string', describe: 'the manifest; absent: standard output' })
        .option('kind', {
          choices: ['json', 'sidecar'] as const,
          default: 'json' as const,
          describe: "JSON with every tensor, or SLM1's key=value sidecar",
        })
        .option('source', {
          choices: SOURCE_KINDS,
          default: 'converted-trained' as const,
          describe: 'what the weights are, for the sidecar',
        }) as unknown as Argv<ManifestArguments>,
    handler: (args) => manifest(args, context, version),
  };
}

async function manifest(args: ManifestArguments, context: CommandContext, version: string): Promise<void> {
  const source = await fileSource(args.file);
  const progress = createProgress('verifying');
  try {
    const options = { signal: context.signal, onProgress: progress.update };
    const bytes =
      args.kind === 'sidecar'
        ? writeSidecar(await sidecarOf(source, args.source, options))
        : new TextEncoder().encode(
            writeManifest(await manifestOf(source, { ...options, tool: { name: 'mirust-pack', version } })),
          );
    if (args.out === undefined) await writeStdout(new TextDecoder().decode(bytes));
    else await writeFileAtomic(args.out, bytes);
  } finally {
    progress.stop();
    await source.close();
  }
}
