/**
 * Queries, one file a table (or few that belong together). A query is a function that takes a Queryable, so that it runs
 * alone or inside a transaction, and gives typed rows. No rules here: only SQL.
 */
export * from './organizations.ts'
export * from './tenants.ts'
