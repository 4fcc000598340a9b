/** `mirust-pack manifest`: the manifest of a finished artifact. */
import { basename } from 'node:path';
import { openPath } from '@mirust/checkpoint/node';
import { type ArgumentsOf, type CommandContext, UsageError, withProgress, writeStdout } from '@mirust/cli';
import { sanitizeText } from '@mirust/core';
import { fileSource, writeFileAtomic } from '@mirust/core/node';
import { writeManifest, writeSidecar } from '@mirust/integrity';
import { manifestOf, sidecarOf } from '@mirust/pipeline';
import type { MANIFEST } from './arguments.ts';
import { refuseOverwritingSource } from './keep-source.ts';
import type { Tool } from './pack.ts';

type ManifestArguments = ArgumentsOf<typeof MANIFEST.positionals, typeof MANIFEST.options>;

/** `mirust-pack manifest FILE [OUT] [--kind json|sidecar]` */
export async function manifest(args: ManifestArguments, context: CommandContext, tool: Tool): Promise<void> {
  const { file, out } = args;
  if (args.json && args.kind === 'sidecar') throw new UsageError('--json and --kind sidecar exclude each other');
  if (args.source !== undefined && args.kind !== 'sidecar') throw new UsageError('--source needs --kind sidecar');
  if (out !== undefined) await refuseOverwritingSource(out, await openPath(file));
  const text = await describe(args, context, tool);
  if (out === undefined) {
    await writeStdout(text);
    return;
  }
  const bytes = new TextEncoder().encode(text);
  await writeFileAtomic(out, bytes, { signal: context.signal });
  if (!args.json)
    await writeStdout(`wrote ${sanitizeText(out, 300)}: ${bytes.byteLength.toLocaleString('en-US')} bytes\n`);
}

/** Verifies all of the file first: a manifest never vouches for bytes that nobody looked at. */
async function describe(args: ManifestArguments, { signal }: CommandContext, tool: Tool): Promise<string> {
  const source = await fileSource(args.file);
  try {
    return await withProgress('verifying', async (onProgress) => {
      // The source's own name is cut where a path is long.
      const options = { signal, onProgress, fileName: basename(args.file) };
      if (args.kind !== 'sidecar') return writeManifest(await manifestOf(source, { ...options, tool }));
      const sidecar = await sidecarOf(source, args.source ?? 'converted-trained', options);
      return new TextDecoder().decode(writeSidecar(sidecar));
    });
  } finally {
    await source.close();
  }
}
