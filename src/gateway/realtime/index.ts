/**
 * Sockets: a caller's WebSocket handshake is read, its Ownkey token taken out wherever the vendor's clients put the key, a
 * decision made and its attempts tried as for HTTP; then messages pass in both directions at the pace of the slower side,
 * until one side closes, a limit is reached, or the right to the key ends. `serve-upgrade.ts` is the story on one page.
 */
export { serveUpgrade } from './serve-upgrade.ts'
export { Sessions } from './sessions.ts'
