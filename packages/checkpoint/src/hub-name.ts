/** Names of models on the Hugging Face Hub. */
import { sanitizeText } from '@mirust/core';
import { isPlainPath } from './_names.ts';

/** `hf:ORG/NAME[@REVISION][/FILE]`, taken apart. */
export interface HubName {
  /** `ORG/NAME` */
  readonly repository: string;
  /** A branch, a tag or a commit. */
  readonly revision: string;
  /** A path in the repository. */
  readonly file: string | undefined;
}

/** The branch that a name without a revision means. */
const DEFAULT_REVISION = 'main';

/** The Hub allows 96 characters for either part of a name, letters, digits, `.`, `_` and `-`; a tag may be longer. */
const PART = /^(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9._-]{0,95}$/;
const REVISION = /^(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9._-]{0,254}$/;

/** Takes a name apart. RangeError for a text that is none. */
export function parseHubName(text: string): HubName {
  const [, organisation = '', model = '', revision = DEFAULT_REVISION, file] =
    /^hf:([^/@]*)\/([^/@]*)(?:@([^/]*))?(?:\/(.*))?$/s.exec(text) ?? [];
  const isName = PART.test(organisation) && PART.test(model) && REVISION.test(revision);
  if (isName && (file === undefined || isPlainPath(file))) {
    return { repository: `${organisation}/${model}`, revision, file };
  }
  throw new RangeError(`not a name on the Hub: "${sanitizeText(text)}" (write hf:ORG/NAME[@REVISION][/FILE])`);
}

/** The name without its file, for messages. */
export function formatHubName({ repository, revision }: HubName): string {
  return revision === DEFAULT_REVISION ? `hf:${repository}` : `hf:${repository}@${revision}`;
}
