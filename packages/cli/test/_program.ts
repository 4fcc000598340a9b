/** A program with every kind of option, for the tests of this package. */
import { type CommandContext, defineCommand, type Program } from '../src/program.ts';

/** Makes the program; `run` gets whatever its commands are called with. */
export function sampleProgram(
  run: (args: Readonly<Record<string, unknown>>, context: CommandContext) => Promise<void> = async () => {},
): Program {
  const main = defineCommand({
    name: '',
    summary: 'do the main thing',
    positionals: { source: { help: 'what is read' }, out: { help: 'what is written', optional: true } },
    options: {
      text: { type: 'text', short: 't', value: 'TEXT', help: 'any text' },
      path: { type: 'text', value: 'PATH', help: 'a path', filled: true },
      stop: { type: 'list', value: 'TEXT', help: 'any texts' },
      count: { type: 'integer', short: 'n', least: 0, value: 'N', help: 'how many' },
      seed: { type: 'integer', value: 'S', help: 'any integer' },
      share: { type: 'number', above: 0, most: 1, value: 'P', help: 'a share' },
      top: { type: 'integer', least: 0, most: 1024, value: 'K', help: 'a limit' },
      budget: { type: 'bytes', value: 'SIZE', help: 'bytes' },
      kind: { type: 'choice', choices: ['left', 'right'], help: 'a side' },
      json: { type: 'flag', help: 'as JSON' },
    },
    examples: [{ arguments: 'a.bin b.bin', help: 'an example' }],
    run,
  });
  const show = defineCommand({
    name: 'show',
    summary: 'show files',
    positionals: { file: { help: 'files', many: true } },
    options: { deep: { type: 'flag', help: 'all of it' }, json: { type: 'flag', help: 'as JSON' } },
    examples: [{ arguments: 'show a.bin', help: 'another' }],
    statuses: [5],
    run,
  });
  return { name: 'sample', version: '1.2.3', main, commands: [show] };
}
