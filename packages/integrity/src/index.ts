/** @packageDocumentation Digests: FNV-1a-64, the SLM1 checksum, SHA-256 chunk trees; manifests. */
export {};
