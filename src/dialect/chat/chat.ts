import type { Json } from '../json.ts'

/** A chat request read once, in words that every translation understands. */
export interface Chat {
  system: readonly TextPart[]
  turns: readonly Turn[]
  tools: readonly Tool[]
  toolChoice: ToolChoice | undefined
  parallelTools: boolean | undefined
  format: Format
  stop: readonly string[]
  maxTokens: number | undefined
  temperature: number | undefined
  topP: number | undefined
  effort: Effort | undefined
  stream: boolean
  includeUsage: boolean
  /** The whole body, for the fields that only some providers know. */
  body: Json
}

export interface TextPart {
  kind: 'text'
  text: string
  cacheControl: unknown
}
export interface MediaPart {
  kind: 'image' | 'audio' | 'file'
  source: { data: string; mimeType: string } | { url: string }
  /** What a file is called. */
  filename?: string | undefined
  cacheControl: unknown
  /** Google's signature of the thought that led to it: a picture of an earlier answer. */
  signature?: string | undefined
  /** Where it stands in the request, for errors. */
  at: string
}
export type Part = TextPart | MediaPart

export interface ToolCall {
  id: string
  name: string
  input: Json
  /** Google's signature of the thought that led to the call. */
  signature: string | undefined
}

export type Turn =
  | { role: 'user'; parts: readonly Part[] }
  | {
      role: 'assistant'
      parts: readonly TextPart[]
      images: readonly MediaPart[]
      calls: readonly ToolCall[]
      thinking: readonly unknown[]
    }
  | { role: 'tool'; callId: string; parts: readonly Part[] }

export interface Tool {
  name: string
  description: string | undefined
  parameters: Json | undefined
  strict: boolean
  cacheControl: unknown
}

export interface ToolChoice {
  mode: 'auto' | 'none' | 'required'
  /** The only tools that may be called; absent: all. */
  names?: readonly string[]
}

export type Format = { type: 'text' } | { type: 'json_object' } | { type: 'json_schema'; schema: Json; strict: boolean }

export const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const
export type Effort = (typeof efforts)[number]
