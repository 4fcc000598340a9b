/** `mirust-run tokens`: the token ids of a text. */
import { openTokenizerModel } from '@mirust/checkpoint';
import { openPath } from '@mirust/checkpoint/node';
import {
  type ArgumentsOf,
  type CommandContext,
  formatTable,
  readTextFile,
  UsageError,
  writeJson,
  writeStdout,
} from '@mirust/cli';
import { decodeUtf8, isMirustError, sanitizeText } from '@mirust/core';
import { createTokenizer, type Tokenizer } from '@mirust/tokenizer';
import type { TOKENS } from './arguments.ts';

type TokensArguments = ArgumentsOf<typeof TOKENS.positionals, typeof TOKENS.options>;

/** `mirust-run tokens FILE (--text TEXT | --text-file F) [--no-special] [--json]` */
export async function tokens(args: TokensArguments, context: CommandContext): Promise<void> {
  const text = await textOf(args, context);
  const { model } = await openTokenizerModel(await openPath(args.file), { signal: context.signal });
  const tokenizer = createTokenizer(model);
  const ids = tokenizer.encode(text, { addSpecial: !args['no-special'] });
  if (args.json) await writeJson({ ids });
  else await writeStdout(formatTokens(tokenizer, ids));
}

async function textOf(args: TokensArguments, context: CommandContext): Promise<string> {
  const { text, 'text-file': file } = args;
  if ((text === undefined) === (file === undefined)) throw new UsageError('give either --text or --text-file');
  return file === undefined ? (text ?? '') : readTextFile(file, context);
}

function formatTokens(tokenizer: Tokenizer, ids: readonly number[]): string {
  const rows = ids.map((id) => [String(id), tokenText(tokenizer.tokenBytes(id))]);
  const table = formatTable([{ title: 'id', align: 'right' }, { title: 'text' }], rows);
  return `${table}\n${ids.length} ${ids.length === 1 ? 'token' : 'tokens'}\n`;
}

/** Quoted, since many tokens begin with a blank; the bytes of a piece of a character as they are. */
function tokenText(bytes: Uint8Array): string {
  try {
    return `"${sanitizeText(decodeUtf8(bytes, 'token'))}"`;
  } catch (error) {
    if (!isMirustError(error)) throw error;
    return Array.from(bytes, (byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`).join('');
  }
}
