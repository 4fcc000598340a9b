/** `mirust-run tokens`: the token ids of a text. */
import { readFile } from 'node:fs/promises';
import { openTokenizerModel } from '@mirust/checkpoint';
import { openPath } from '@mirust/checkpoint/node';
import { formatTable, UsageError, writeJson, writeStdout } from '@mirust/cli';
import { coreError, decodeUtf8, sanitizeText } from '@mirust/core';
import { createTokenizer } from '@mirust/tokenizer';
import type { Argv, CommandModule } from 'yargs';

interface TokensArguments {
  readonly file: string;
  readonly text: string | undefined;
  readonly textFile: string | undefined;
  readonly special: boolean;
  readonly json: boolean;
}

/** `mirust-run tokens FILE (--text TEXT | --text-file F) [--no-special] [--json]` */
export function tokensCommand(): CommandModule<object, TokensArguments> {
  return {
    command: 'tokens <file>',
    describe: 'show the token ids of a text',
    builder: (parser) =>
      parser
        .positional('file', {
          type: 'string',
          demandOption: true,
          describe: 'artifact, GGUF (also without tensors), tokenizer.json, tokenizer.model or directory',
        })
        .option('text', { type: 'string', describe: 'the text' })
        .option('text-file', { type: 'string', requiresArg: true, describe: 'a UTF-8 file with the text' })
        .option('special', {
          type: 'boolean',
          default: true,
          describe: 'BOS as for a prompt; --no-special leaves it out',
        })
        .option('json', {
          type: 'boolean',
          default: false,
          describe: '{"ids": […]}',
        }) as unknown as Argv<TokensArguments>,
    handler: async (args) => {
      const text = await textOf(args.text, args.textFile);
      const { model } = await openTokenizerModel(await openPath(args.file));
      const tokenizer = createTokenizer(model);
      const ids = tokenizer.encode(text, { addSpecial: args.special });
      if (args.json) return writeJson({ ids });
      const rows = ids.map((id) => [String(id), sanitizeText(new TextDecoder().decode(tokenizer.tokenBytes(id)))]);
      await writeStdout(
        `${formatTable([{ title: 'id', align: 'right' }, { title: 'text' }], rows)}\n${ids.length} tokens\n`,
      );
    },
  };
}

async function textOf(text: string | undefined, file: string | undefined): Promise<string> {
  if ((text === undefined) === (file === undefined)) throw new UsageError('give either --text or --text-file');
  return file === undefined ? (text ?? '') : readTextFile(file);
}

/** A whole UTF-8 file. Throws `SOURCE_NOT_FOUND`, `SOURCE_READ` or `INVALID_UTF8`. */
export async function readTextFile(path: string): Promise<string> {
  const shown = sanitizeText(path);
  try {
    return decodeUtf8(await readFile(path), shown);
  } catch (cause) {
    const code = (cause as { code?: unknown }).code;
    if (code === 'ENOENT') throw coreError('SOURCE_NOT_FOUND', `${shown} does not exist`, { file: shown, cause });
    if (code === 'INVALID_UTF8') throw cause;
    throw coreError('SOURCE_READ', `${shown} cannot be read`, { file: shown, cause });
  }
}
