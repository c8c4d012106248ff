import type { Call, JsonObject } from '../call.ts'

/** What goes over a socket: an object becomes a JSON text message, bytes a binary one. */
export type Frame = JsonObject | Buffer

/** What a played provider does after a message. */
export interface Turn {
  frames: readonly Frame[]
  /** The answer is over and the connection with it. */
  close?: number
}

/** One connection. Sounds and texts are counted, never held. */
export interface Conversation {
  opening?: readonly Frame[]
  /** @param message parsed JSON, or the bytes of a binary message or of one that is no JSON */
  take(message: Frame): Turn
}

export interface SocketPlay {
  path: RegExp
  start(call: SocketCall): Conversation
  /** What a `midstream` key sends before the connection ends. */
  broken(call: SocketCall): Frame
}

export type SocketCall = Pick<Call, 'provider' | 'path' | 'query' | 'requestId' | 'overloaded'>

export const silence: Turn = { frames: [] }

/** Bytes of a base64 text, without decoding it. */
export function base64Bytes(value: unknown): number {
  return typeof value === 'string' ? Math.floor((value.length * 3) / 4) : 0
}
