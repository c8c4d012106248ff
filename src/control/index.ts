/**
 * The control API: everything that the console shows and does, and what the platform's own back end calls to keep its
 * customers in step. Routes are small files of one verb each; who may call which is one table; every error is a problem
 * document with a code and a remedy. It decides nothing about requests to providers: it shows what `policy` decides and
 * changes what the vault and the store keep.
 */
export { createControl } from './create-control.ts'
export type { CallGateway, ControlOptions, InForce, ProbeRequest, SendProbe } from './deps.ts'
export { authorizationOf } from './http/authenticate.ts'
export { originOf } from './http/origin-of.ts'
export { problemContentType, toProblem } from './http/problem.ts'
export { dropEnded } from './queries/drop-ended.ts'
export { openSession, signInUrl } from './sessions.ts'
export { createNoticeSweep, type NoticeSweep } from './sweep-notices.ts'
