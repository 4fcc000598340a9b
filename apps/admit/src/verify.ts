/** The work of mirust-admit verify. */
import { findRule } from '@mirust/admission';
import { openPath } from '@mirust/checkpoint/node';
import {
  type ArgumentsOf,
  type CommandContext,
  colorsFor,
  exitCodeOf,
  UsageError,
  writeJson,
  writeStdout,
} from '@mirust/cli';
import { isMirustError, type MirustError, sanitizeText } from '@mirust/core';
import {
  checkStatement,
  MAX_SIGNATURE_BYTES,
  parsePublicKey,
  readSignatureFile,
  type Statement,
  verifySignatureFile,
} from '@mirust/provenance';
import { openTree, verifyByCertificates, verifyKeyless } from '@mirust/provenance/node';
import type { VerificationReport, VerifiedSigner } from '@mirust/schemas';
import type { VERIFY } from './arguments.ts';
import { pathInside, signaturePathOf } from './signature-path.ts';
import { readSmall, readSmallText } from './small-file.ts';
import { withDigester } from './with-digester.ts';

type Arguments = ArgumentsOf<typeof VERIFY.positionals, typeof VERIFY.options>;

/** Longest path in a report. */
const MAX_PATH_CHARACTERS = 4096;

/** `mirust-admit verify FILE [--signature S] …`: status 0 only when signature, statement and every byte hold. */
export async function verifyModel(args: Arguments, context: CommandContext): Promise<void> {
  const authenticate = methodOf(args);
  const { file, json } = args;
  const signature = args.signature ?? signaturePathOf(file);
  const report = { version: 1, file: shown(file), signature: shown(signature) } as const;
  let found: VerificationReport;
  try {
    found = { ...report, ...(await verify(args, signature, authenticate, context)) };
  } catch (error) {
    if (!json || !isMirustError(error)) throw error;
    await writeJson({ ...report, verified: false, error: errorOf(error) } satisfies VerificationReport);
    return context.exitWith(exitCodeOf(error.class));
  }
  if (json) await writeJson(found);
  else await writeStdout(formatReport(found));
}

/** Who signed, and what. */
interface Authenticated {
  readonly signer: VerifiedSigner;
  readonly statement: Statement;
}

/** The one way of verifying that the options name. Throws UsageError where they name none or several. */
function methodOf(args: Arguments): (signature: Uint8Array) => Promise<Authenticated> {
  const { 'public-key': keys, 'certificate-chain': chains, 'trusted-root': root, identity, issuer } = args;
  const isKeyless = root !== undefined || identity !== undefined || issuer !== undefined;
  if ([keys.length > 0, chains.length > 0, isKeyless].filter(Boolean).length !== 1) {
    throw new UsageError(
      'give one of --public-key, --certificate-chain, and --trusted-root with --identity and --issuer',
    );
  }
  if (keys.length > 0) {
    return async (signature) => {
      const trusted = await Promise.all(keys.map(async (path) => parsePublicKey(await readSmallText(path))));
      const { keyIds, statement } = await verifySignatureFile(readSignatureFile(signature), trusted);
      return { signer: { method: 'key', keyIds: [...keyIds] }, statement };
    };
  }
  if (chains.length > 0) {
    return async (signature) => {
      const trusted = await Promise.all(chains.map(readSmallText));
      const { subject, keyIds, statement } = await verifyByCertificates(readSignatureFile(signature), trusted);
      return { signer: { method: 'certificate', keyIds: [...keyIds], subject }, statement };
    };
  }
  if (root === undefined || identity === undefined || issuer === undefined) {
    throw new UsageError('--trusted-root, --identity and --issuer go together');
  }
  return async (signature) => {
    const trust = { trustedRoot: await readSmall(root), identity, issuer };
    const { statement } = await verifyKeyless(signature, trust);
    return { signer: { method: 'keyless', identity, issuer }, statement };
  };
}

async function verify(
  { file, threads }: Arguments,
  signature: string,
  authenticate: (signature: Uint8Array) => Promise<Authenticated>,
  { signal }: CommandContext,
): Promise<Omit<VerificationReport, 'version' | 'file' | 'signature'>> {
  const { signer, statement } = await authenticate(await readSmall(signature, MAX_SIGNATURE_BYTES));
  const [files, tree] = [await openPath(file), await openTree(file)];
  const signaturePath = files.primary === undefined ? pathInside(file, signature) : undefined;
  const checked = await withDigester(file, { title: 'verifying', threads, signal }, (options) =>
    checkStatement(statement, { files, tree, signaturePath, ...options }),
  );
  return {
    verified: true,
    signer,
    predicateType: sanitizeText(statement.predicateType, 300),
    files: checked.map(({ name, digest }) => ({ name: shown(name), ...digest })),
  };
}

function errorOf({ code, class: kind, message, remedy }: MirustError): NonNullable<VerificationReport['error']> {
  const id = findRule(code)?.id;
  return { code, ...(id === undefined ? {} : { id }), class: kind, message: sanitizeText(message, 400), remedy };
}

function formatReport({ file, signer, predicateType, files = [] }: VerificationReport): string {
  const colors = colorsFor(process.stdout);
  const lines = [
    `${colors.green('verified')}  ${file}`,
    ...(signer === undefined ? [] : [`  signed by ${signerText(signer)}`]),
    `  ${predicateType ?? ''}`,
    ...files.map(({ name, mirustRoot, sha256 }) => {
      const digests = [mirustRoot && `mirustRoot ${mirustRoot}`, sha256 && `sha256 ${sha256}`];
      return `  ${colors.green('✓')} ${[name, ...digests.filter(Boolean)].join('  ')}`;
    }),
  ];
  return `${lines.join('\n')}\n`;
}

function signerText({ method, keyIds = [], subject, identity, issuer }: VerifiedSigner): string {
  if (method === 'keyless') return `${shown(identity ?? '')}, confirmed by ${shown(issuer ?? '')}`;
  return method === 'certificate' ? `the certificate of ${subject}` : `key ${keyIds.join(' and key ')}`;
}

function shown(text: string): string {
  return sanitizeText(text, MAX_PATH_CHARACTERS);
}
