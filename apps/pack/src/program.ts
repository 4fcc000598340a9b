/** The commands of mirust-pack. What does the work is loaded when a command runs: `--help` is there at once. */
import { type Command, defineCommand, type Program } from '@mirust/cli';
import { FIXTURE, INSPECT, MANIFEST, PACK } from './arguments.ts';

/** mirust-pack of some version, which it records in what it writes. */
export function createProgram(version: string): Program {
  const tool = { name: 'mirust-pack', version };
  const pack: Command = defineCommand({
    name: '',
    summary: 'convert a checkpoint into an artifact',
    ...PACK,
    examples: [
      { arguments: './TinyLlama-1.1B tinyllama.slm --quant q8', help: 'a Hugging Face directory, 8 bits per weight' },
      { arguments: 'model.gguf model.slm', help: 'keep the stored types, blocks and all' },
      { arguments: "./model out.slm --rule 'output.weight=q8'", help: 'another type for some tensors' },
      { arguments: 'model.slm rows.slm --layout rows', help: 'another order of the same weights, none is converted' },
      { arguments: './model --quant q4 --dry-run --json', help: 'the exact size, without writing' },
    ],
    run: async (args, context) => (await import('./pack.ts')).pack(args, context, tool),
  });
  const inspect: Command = defineCommand({
    name: 'inspect',
    summary: 'show hyperparameters and tensors of a model file',
    ...INSPECT,
    examples: [{ arguments: 'inspect model.gguf', help: 'names, shapes and types, by canonical name' }],
    run: async (args, context) => (await import('./inspect.ts')).inspect(args, context),
  });
  const manifest: Command = defineCommand({
    name: 'manifest',
    summary: 'verify an artifact and write its manifest',
    ...MANIFEST,
    examples: [
      { arguments: 'manifest model.slm model.manifest.json', help: 'JSON with the digest of every tensor' },
      { arguments: 'manifest model.slm1 --kind sidecar', help: "SLM1's key=value sidecar, to standard output" },
    ],
    run: async (args, context) => (await import('./manifest.ts')).manifest(args, context, tool),
  });
  const fixture: Command = defineCommand({
    name: 'fixture',
    summary: 'write a small built-in model of deterministic noise',
    ...FIXTURE,
    examples: [{ arguments: 'fixture tiny tiny.slm', help: 'a model of a few kilobytes, for smoke tests' }],
    run: async (args, context) => (await import('./fixture.ts')).fixture(args, context, tool),
  });
  return { name: tool.name, version, main: pack, commands: [inspect, manifest, fixture] };
}
