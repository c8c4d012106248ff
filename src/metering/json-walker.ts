import { backslash, closeBrace, closeBracket, colon, comma, openBrace, openBracket, quote } from '../lib/index.ts'
import { ValueParts } from './value-parts.ts'

/** An object to be found in JSON: its path from the document on (`*`: each element of an array) and the fields wanted of it. */
export interface WalkedPlace {
  path: readonly string[]
  fields: readonly string[]
}

/** Told of each field that was read of such an object, and of its end. */
export type HearObject = (place: number, fields: Record<string, unknown>, isOver: boolean) => void

interface Node {
  children: Map<string, Node>
  /** Index of the place that is here; −1: none. */
  place: number
  fields: ReadonlySet<string>
}

/** A container on the way to some place. */
interface Open {
  node: Node
  isArray: boolean
  fields: Record<string, unknown>
}

/** Longer keys and values are not looked for. */
const longestKey = 64
const longestValue = 64 * 1024

/**
 * Walks through passing JSON documents, one behind the other, and reads a few fields of the objects at known paths. Whatever stands
 * between the documents (line ends, the `data:` of events) is passed over, as is an array around everything. Nothing is kept but
 * the fields; what is not on the way to a place is only searched for its end.
 */
export class JsonWalker {
  private readonly root: Node
  private readonly hear: HearObject
  private readonly open: Open[] = []
  /** Containers within the innermost open one, or within the value that is being taken, that are on the way to nothing. */
  private passed = 0
  /** The key whose value comes next; absent: a key comes, or an element. */
  private key: string | undefined
  private state: 'outside' | 'string' | 'key' | 'scalar' = 'outside'
  private escaped = false
  /** The key or value that is being taken. */
  private readonly taken = new ValueParts(longestValue)
  private isTaking = false
  private isOver = false

  constructor(places: readonly WalkedPlace[], hear: HearObject) {
    this.root = preparedTree(places)
    this.hear = hear
  }

  /** Nothing more is to be read. */
  stop(): void {
    this.isOver = true
  }

  feed(chunk: Buffer): void {
    if (this.isOver) return
    this.taken.goOnAt(0)
    let at = 0
    while (at < chunk.length && !this.isOver) {
      if (this.state === 'outside') at = this.step(chunk, at)
      else if (this.state === 'scalar') at = this.inScalar(chunk, at)
      else at = this.inString(chunk, at)
    }
    this.taken.keep(chunk)
  }

  private get innermost(): Open | undefined {
    return this.open[this.open.length - 1]
  }

  /** Reads one byte that is in no string. */
  private step(chunk: Buffer, at: number): number {
    const byte = chunk[at] as number
    const here = this.innermost
    if (byte === quote && (here !== undefined || this.passed > 0)) return this.beginString(at, here)
    if (byte === openBrace || byte === openBracket) this.enter(at, byte === openBracket)
    else if (byte === closeBrace || byte === closeBracket) this.leave(chunk, at)
    else if (byte === comma && this.passed === 0) this.key = undefined
    else if (this.wantsValue(here) && isScalar(byte)) {
      this.take(at)
      this.state = 'scalar'
    }
    return at + 1
  }

  private beginString(at: number, here: Open | undefined): number {
    this.state = 'string'
    if (this.passed > 0) return at + 1
    if (this.wantsValue(here)) this.take(at)
    else if (here?.isArray === false && this.key === undefined) {
      this.taken.begin(at)
      this.state = 'key'
    }
    return at + 1
  }

  private wantsValue(here: Open | undefined): boolean {
    return this.passed === 0 && !this.isTaking && this.key !== undefined && here?.node.fields.has(this.key) === true
  }

  private take(at: number): void {
    this.taken.begin(at)
    this.isTaking = true
  }

  private enter(at: number, isArray: boolean): void {
    const here = this.innermost
    if (this.passed > 0) {
      this.passed++
      return
    }
    if (this.wantsValue(here)) {
      this.take(at)
      this.passed = 1
      return
    }
    const node = here === undefined ? (isArray ? undefined : this.root) : this.childOf(here)
    this.key = undefined
    if (node === undefined) this.passed = 1
    else this.open.push({ node, isArray, fields: {} })
  }

  private childOf({ node, isArray }: Open): Node | undefined {
    return node.children.get(isArray ? '*' : (this.key ?? ''))
  }

  private leave(chunk: Buffer, at: number): void {
    if (this.passed > 0) {
      this.passed--
      if (this.passed === 0 && this.isTaking) this.takeValue(chunk, at + 1)
      return
    }
    const left = this.open.pop()
    this.key = undefined
    if (left !== undefined && left.node.place >= 0) this.hear(left.node.place, left.fields, true)
  }

  private inScalar(chunk: Buffer, from: number): number {
    let at = from
    while (at < chunk.length && isScalar(chunk[at] as number)) at++
    if (at < chunk.length) {
      this.state = 'outside'
      this.takeValue(chunk, at)
    }
    return at
  }

  private inString(chunk: Buffer, from: number): number {
    const end = this.stringEnd(chunk, from)
    if (end < 0) return chunk.length
    const isKey = this.state === 'key'
    this.state = 'outside'
    if (isKey) this.key = keyOf(this.taken.take(chunk, end + 1))
    else if (this.isTaking && this.passed === 0) this.takeValue(chunk, end + 1)
    return end + 1
  }

  /** Index of the quote that ends the string; −1: it is not in this chunk. */
  private stringEnd(chunk: Buffer, from: number): number {
    let start = this.escaped ? from + 1 : from
    this.escaped = false
    for (;;) {
      const found = chunk.indexOf(quote, start)
      const end = found < 0 ? chunk.length : found
      let slash = end
      while (slash > start && chunk[slash - 1] === backslash) slash--
      const isEscaped = (end - slash) % 2 === 1
      if (found >= 0 && !isEscaped) return found
      if (found < 0) {
        this.escaped = isEscaped
        return -1
      }
      start = found + 1
    }
  }

  private takeValue(chunk: Buffer, end: number): void {
    const bytes = this.taken.take(chunk, end)
    const here = this.innermost
    const { key } = this
    this.isTaking = false
    if (here === undefined || key === undefined || bytes === undefined) return
    const value = parsed(bytes)
    if (value === undefined) return
    here.fields[key] = value
    this.hear(here.node.place, here.fields, false)
  }
}

/** Made once for each of the few lists of places. */
const trees = new WeakMap<readonly WalkedPlace[], Node>()

function preparedTree(places: readonly WalkedPlace[]): Node {
  const known = trees.get(places) ?? treeOf(places)
  trees.set(places, known)
  return known
}

function treeOf(places: readonly WalkedPlace[]): Node {
  const newNode = (): Node => ({ children: new Map(), place: -1, fields: new Set() })
  const root = newNode()
  places.forEach(({ path, fields }, place) => {
    let node = root
    for (const key of path) {
      const child = node.children.get(key) ?? newNode()
      node.children.set(key, child)
      node = child
    }
    node.place = place
    node.fields = new Set(fields)
  })
  return root
}

/** Bytes of numbers, `true`, `false` and `null`. */
function isScalar(byte: number): boolean {
  return byte > 0x20 && byte !== comma && byte !== colon && byte !== closeBrace && byte !== closeBracket
}

function keyOf(bytes: Buffer | undefined): string | undefined {
  const key = bytes === undefined || bytes.length > longestKey ? '' : parsed(bytes)
  return typeof key === 'string' ? key : ''
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
}
