/** The signature that a policy demands of a model. */
import { existsSync } from 'node:fs';
import { MAX_SIGNATURE_BYTES } from '@mirust/provenance';
import { signaturePathOf } from './signature-path.ts';
import { readSmall } from './small-file.ts';

/** The signature of the model at a path; undefined where none lies beside it. One that is named has to be there. */
export async function readSignature(path: string, given: string | undefined): Promise<Uint8Array | undefined> {
  const name = given ?? signaturePathOf(path);
  if (given === undefined && !existsSync(name)) return undefined;
  return readSmall(name, MAX_SIGNATURE_BYTES);
}
