/** The number that initdb gives a cluster, kept as decimal text because it needs 64 bits. */
export type SystemIdentifier = string & { readonly __brand: 'SystemIdentifier' };
