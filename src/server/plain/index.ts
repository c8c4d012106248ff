/**
 * Plain requests: those that ask nothing of their connection but to be answered on it, as every SDK's do. They are read and answered
 * here, for about half of what Node's HTTP server costs; a connection with any other request goes to that, for good. See
 * docs/decisions/0018.
 */
export { PlainConnections } from './plain-connections.ts'
