import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { landingPage, landingStyle } from './landing-page.ts'
import { readStaticFiles, type StaticFile } from './static-files.ts'

export interface PagesOptions {
  /** The built console; it may be absent. */
  folder: string
  /** Origins that may show the pages in a frame; asked for each answer because the configuration is reloaded. */
  frameOrigins(): readonly string[]
  platformName(): string
  /** The languages that addresses may begin with. */
  locales(): readonly string[]
  /** The platform's logo: a path here, or an address elsewhere. */
  logo(): string | undefined
  sandbox: boolean
  version: string
}

/**
 * Registers the console's pages and files. A path without a file behind it is one of the console's own addresses and gets
 * its index.html where a page is asked for, as browsers do; a program that calls a wrong path is told so. Without a built
 * console there is one plain page that says what is running.
 */
export function registerPages(app: FastifyInstance, options: PagesOptions): void {
  const files = readStaticFiles(options.folder)
  const index = files.get('/index.html')
  // In the language that the address begins with; which one a member wants whose address names none, only the page knows.
  const indexFor = (path: string) => files.get(`/index.${path.split('/')[1]}.html`) ?? index
  const route = { method: ['GET', 'HEAD'], url: '/*', schema: { hide: true }, onSend: keepCaching }
  app.route({ ...route, handler: (request, reply) => answer(request, reply) })
  const answer = (request: FastifyRequest, reply: FastifyReply) => {
    const path = request.url.split('?', 1)[0] ?? '/'
    if (path.startsWith('/api/')) return reply.callNotFound()
    guard(reply, { frames: options.frameOrigins(), images: originsOf(options.logo()) })
    const file = files.get(path)
    if (file && isWidget(path)) share(reply)
    if (file) return sendFile(request, reply, file)
    if (path !== '/landing.css' && !isPage(path, request, options.locales())) return reply.callNotFound()
    const page = indexFor(path)
    return page ? sendFile(request, reply, page) : sendLanding(path, reply, options)
  }
}

/** How the console's addresses begin, besides with a language; its own is `/`. */
const beginnings: readonly string[] = ['signin', 'settings']

/** Whether to answer with the console's page: at its own addresses, and anywhere else if the client asks for HTML. */
function isPage(path: string, { headers }: FastifyRequest, locales: readonly string[]): boolean {
  if (/\.[a-z0-9]+$/i.test(path)) return false
  const accept = headers.accept ?? '*/*'
  if (/\btext\/html\b/i.test(accept)) return true
  const first = path.split('/')[1] ?? ''
  return /(?:\*|text)\/\*/.test(accept) && (path === '/' || beginnings.includes(first) || locales.includes(first))
}

/** The API forbids all caching; for a file its own rule holds. */
async function keepCaching(_request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const rule = reply.getHeader(cachingRule)
  if (rule === undefined) return
  reply.removeHeader(cachingRule).header('cache-control', rule)
}

/** Carries the rule to the end of the answer; never sent. */
const cachingRule = 'x-caching-rule'

/** Where a logo that stands elsewhere may be fetched from. */
function originsOf(logo: string | undefined): string[] {
  return logo !== undefined && /^https?:/.test(logo) && URL.canParse(logo) ? [new URL(logo).origin] : []
}

/** What a page may do: nothing inline, nothing from elsewhere but the logo, and no frame that the configuration does not name. */
function guard(reply: FastifyReply, { frames, images }: Record<'frames' | 'images', readonly string[]>): void {
  const ancestors = frames.length === 0 ? "'none'" : frames.join(' ')
  reply.headers({
    'content-security-policy': [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      ["img-src 'self' data:", ...images].join(' '),
      "font-src 'self'",
      "connect-src 'self'",
      "manifest-src 'self'",
      "base-uri 'none'",
      "form-action 'self'",
      `frame-ancestors ${ancestors}`,
    ].join('; '),
    // The sign-in link carries a code.
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cross-origin-opener-policy': 'same-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=()',
  })
}

/** The widget's script and its texts run on pages of other origins; there is nothing in them that anybody may not read. */
function isWidget(path: string): boolean {
  return path === '/widget.js' || path.startsWith('/widget/')
}

function share(reply: FastifyReply): void {
  reply.headers({ 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' })
}

function sendFile(request: FastifyRequest, reply: FastifyReply, file: StaticFile): FastifyReply {
  // Pages are never answered with 304: the browser would keep the old security policy.
  if (file.type.startsWith('text/html')) return reply.header(cachingRule, 'no-store').type(file.type).send(file.body)
  reply.headers({
    etag: file.etag,
    vary: 'accept-encoding',
    [cachingRule]: file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
  })
  if (request.headers['if-none-match'] === file.etag) return reply.code(304).send()
  reply.type(file.type)
  const zipped = file.gzip !== undefined && /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')
  return zipped ? reply.header('content-encoding', 'gzip').send(file.gzip) : reply.send(file.body)
}

function sendLanding(
  path: string,
  reply: FastifyReply,
  { platformName, sandbox, version }: PagesOptions,
): FastifyReply {
  reply.header(cachingRule, 'no-cache')
  if (path === '/landing.css') return reply.type('text/css; charset=utf-8').send(landingStyle)
  const page = landingPage({ platformName: platformName(), sandbox, version, signingIn: path === '/signin' })
  return reply.type('text/html; charset=utf-8').send(page)
}
