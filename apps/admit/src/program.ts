/** The command line of mirust-admit. What does the work is loaded when it runs: `--help` is there at once. */
import { defineCommand, EXIT, type Program } from '@mirust/cli';
import { ADMIT, EXPLAIN, INIT, KEYGEN, SBOM, SIGN, VERIFY } from './arguments.ts';

/** mirust-admit of some version. */
export function createProgram(version: string): Program {
  const tool = { name: 'mirust-admit', version };
  const main = defineCommand({
    name: '',
    summary: 'check model files. A rejected file exits with the class of its first error',
    ...ADMIT,
    examples: [
      { arguments: 'model.slm && mirust-run model.slm', help: 'exit status 0 only when admitted' },
      { arguments: 'models/ --policy strict', help: 'all models in a directory, by a bundled policy' },
      { arguments: 'models/*.gguf --json', help: 'all reports as JSON' },
      { arguments: 'models/*.gguf --format sarif --out admit.sarif', help: 'for code scanning; text is still shown' },
    ],
    statuses: [EXIT.undetermined, EXIT.template, EXIT.policy, EXIT.provenance, EXIT.behaviour],
    run: async (args, context) => (await import('./admit.ts')).admitFiles(args, context, tool),
  });
  const explain = defineCommand({
    name: 'explain',
    summary: 'say what a rule is about',
    ...EXPLAIN,
    examples: [{ arguments: 'explain MR-S001', help: 'what it is about, an example, and what to do' }],
    run: async (args) => (await import('./explain.ts')).explain(args),
  });
  const init = defineCommand({
    name: 'init',
    summary: 'write a policy to start from, with comments',
    ...INIT,
    examples: [
      { arguments: 'init', help: 'mirust-admit.jsonc' },
      { arguments: 'init strict.jsonc --preset strict', help: 'from another bundled policy' },
    ],
    run: async (args, context) => (await import('./init.ts')).init(args, context),
  });
  const keygen = defineCommand({
    name: 'keygen',
    summary: 'make a pair of keys to sign with',
    ...KEYGEN,
    examples: [{ arguments: 'keygen --out release', help: 'release.pem signs, release.pub.pem verifies' }],
    run: async (args, context) => (await import('./keygen.ts')).makeKeys(args, context),
  });
  const sign = defineCommand({
    name: 'sign',
    summary: 'sign a model: its digests, and what it was made from',
    ...SIGN,
    examples: [{ arguments: 'sign model.slm --key release.pem', help: 'writes model.slm.sig' }],
    statuses: [EXIT.provenance],
    run: async (args, context) => (await import('./sign.ts')).signModel(args, context, tool),
  });
  const verify = defineCommand({
    name: 'verify',
    summary: 'verify who signed a model, and that every byte of it is the one that was signed',
    ...VERIFY,
    examples: [
      { arguments: 'verify model.slm --public-key release.pub.pem', help: 'with model.slm.sig' },
      {
        arguments: 'verify model/ --signature model.sig --certificate-chain root.pem',
        help: 'an OpenSSF model signature by a certificate',
      },
    ],
    statuses: [EXIT.provenance],
    run: async (args, context) => (await import('./verify.ts')).verifyModel(args, context),
  });
  const sbom = defineCommand({
    name: 'sbom',
    summary: 'write the bill of materials of a model: CycloneDX 1.6, the same bytes for the same file',
    ...SBOM,
    examples: [
      { arguments: 'sbom model.slm --out model.cdx.json', help: 'SOURCE_DATE_EPOCH states a time; else there is none' },
    ],
    run: async (args, context) => (await import('./sbom.ts')).billOfMaterials(args, context, tool),
  });
  return { ...tool, main, commands: [init, explain, keygen, sign, verify, sbom] };
}
