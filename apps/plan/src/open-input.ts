/** What the first argument of mirust-plan means: a path, a URL or a name on the Hub, and what is found there. */
import {
  type Configuration,
  type HttpTraffic,
  type Inventory,
  type InventoryModel,
  openConfiguration,
  openInventory,
} from '@mirust/checkpoint';
import { type LocatedFiles, openLocation } from '@mirust/checkpoint/node';

/** What there is to plan. */
export type InputContent =
  /** A bare config.json, of a supported architecture or not. */
  | { readonly kind: 'configuration'; readonly configuration: Configuration }
  /** Weights of a supported architecture. */
  | { readonly kind: 'checkpoint'; readonly checkpoint: InventoryModel; readonly inventory: Inventory }
  /** Weights of any other: `inventory.refusal` says why it is not supported. */
  | { readonly kind: 'inventory'; readonly inventory: Inventory };

/** An open input. Holds files open until `close`. */
export interface OpenInput {
  readonly content: InputContent;
  /** What was fetched to get there; absent where the files are on this machine. */
  readonly traffic?: HttpTraffic;
  close(): Promise<void>;
}

/** Options of {@link openInput}. */
export interface OpenInputOptions {
  readonly signal: AbortSignal;
  /** `HF_ENDPOINT` and `HF_TOKEN` are taken from it, as the tools of the Hub do. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Opens whatever `text` means, headers only. Throws what `openLocation`, `openConfiguration` and `openInventory` throw;
 * everything that was opened is closed then.
 */
export async function openInput(text: string, { signal, environment }: OpenInputOptions): Promise<OpenInput> {
  // A variable that is set to nothing is not set.
  const endpoint = environment.HF_ENDPOINT?.trim() || undefined;
  const token = environment.HF_TOKEN?.trim() || undefined;
  const files = await openLocation(text, { signal, endpoint, token });
  try {
    const content = await readContent(files, signal);
    const traffic = files.traffic?.();
    return {
      content,
      ...(traffic === undefined ? {} : { traffic }),
      async close() {
        if (content.kind !== 'configuration') await content.inventory.close();
        await files.close();
      },
    };
  } catch (error) {
    await files.close().catch(() => {});
    throw error;
  }
}

async function readContent(files: LocatedFiles, signal: AbortSignal): Promise<InputContent> {
  const configuration = await openConfiguration(files, { signal });
  if (configuration !== undefined) return { kind: 'configuration', configuration };
  const inventory = await openInventory(files, { signal });
  const { checkpoint } = inventory;
  return checkpoint === undefined ? { kind: 'inventory', inventory } : { kind: 'checkpoint', checkpoint, inventory };
}
