/** The work of mirust-admit init. */
import { existsSync } from 'node:fs';
import { starterPolicy } from '@mirust/admission';
import { type ArgumentsOf, type CommandContext, UsageError, writeStdout } from '@mirust/cli';
import { sanitizeText } from '@mirust/core';
import { writeFileAtomic } from '@mirust/core/node';
import type { INIT } from './arguments.ts';

/** `mirust-admit init [FILE] [--preset P] [--force]` */
export async function init(
  { file = 'mirust-admit.jsonc', preset = 'server', force }: ArgumentsOf<typeof INIT.positionals, typeof INIT.options>,
  { signal }: CommandContext,
): Promise<void> {
  const text = starterPolicy(preset);
  if (file === '-') {
    await writeStdout(text);
    return;
  }
  const shown = sanitizeText(file);
  if (!force && existsSync(file)) throw new UsageError(`${shown} is there already: --force writes over it`);
  await writeFileAtomic(file, new TextEncoder().encode(text), { signal });
  await writeStdout(`wrote ${shown}: mirust-admit MODEL --policy ${shown}\n`);
}
