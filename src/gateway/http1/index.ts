/**
 * HTTP/1.1 to providers, over one socket for one exchange at a time: as much of RFC 9112 as a client needs, read strictly.
 * A general client does more than that for every request (queues, pipelining, two parsers), and it is this that a request
 * through the gateway would mostly cost; see docs/decisions/0013. `connection.ts` is the exchange, `answer-head.ts` and
 * `chunked-reader.ts` read what comes, `request-text.ts` writes what goes.
 */
export { type AnswerHandler, Connection, type ConnectionTimes, type WireRequest } from './connection.ts'
export { type Connector, createConnector, type SocketTarget, socketTarget } from './open-socket.ts'
export { OriginConnections } from './origin-connections.ts'
export { timeoutCodes, WireError } from './wire-error.ts'
