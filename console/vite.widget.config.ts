import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import tailwind from '@tailwindcss/vite'
import { defineConfig, type Plugin } from 'vite'
import { onPreact } from './vite.preact.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Parts of the texts that only the console shows. */
const consoleOnly = new Set(['signIn', 'signedOut', 'shell', 'requests', 'audit', 'operator', 'firstSteps', 'warning'])

function widgetTexts(file: string): string {
  const texts: unknown = JSON.parse(readFileSync(file, 'utf8'))
  return JSON.stringify(texts, (name, part) => (consoleOnly.has(name) && typeof part === 'object' ? undefined : part))
}

/** Classes by which a host page's parts are named (`src/widget/parts.ts`). */
const kept = /^button-|^tone-/

/** English goes into the script; each other language is a file beside it. */
function texts(): Plugin {
  const folder = here('./src/locales')
  return {
    name: 'widget-texts',
    enforce: 'pre',
    load: (id) => (id === `${folder}/en.json` ? widgetTexts(id) : null),
    generateBundle() {
      for (const name of readdirSync(folder).filter((name) => name.endsWith('.json') && name !== 'en.json')) {
        this.emitFile({ type: 'asset', fileName: `widget/${basename(name)}`, source: widgetTexts(`${folder}/${name}`) })
      }
    },
  }
}

/** How the compiler writes `light-dark(…, …)` for browsers that do not know it, with up to two levels of brackets inside. */
const side = String.raw`((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)`
const polyfilled = new RegExp(
  String.raw`var\(--lightningcss-light,\s*${side}\)\s*var\(--lightningcss-dark,\s*${side}\)`,
  'g',
)

/**
 * Inside a shadow root no `@property` holds, so its initial values must stand as plain declarations; no `:root` is there; and a
 * `rem` would be the host page's, whatever that made of it. What stands side by side depends on the widget's own width, as in the
 * console on the width that is left to its content. `light-dark` stays: nothing else follows what the page says of its colours. All
 * browsers that know it know `color-mix`. What nothing reads, what the very next rule says anew, and what only a language that is
 * written from the right would need, is left out.
 */
function shadowStyles(): Plugin {
  return {
    name: 'shadow-styles',
    enforce: 'post',
    transform(code, id) {
      if (!id.includes('widget.css')) return null
      const styles = code
        .replace(/@property [^{]+\{[^}]*\}/g, '')
        .replace(/@supports \(\(?\(-webkit-hyphens[^{]*\{((?:[^{}]*\{[^{}]*\})*)[^{}]*\}/g, '$1')
        .replace(/@supports \(color:\s?color-mix[^{]*\{((?:[^{}]*\{[^{}]*\})*)[^{}]*\}/g, '$1')
        .replace(/@media \(width>=(\d+)rem\)/g, (_, rem: string) => `@container (width>=${Number(rem) * 16 - 48}px)`)
        .replace(polyfilled, 'light-dark($1,$2)')
        .replace(/--lightningcss-\w+:[^;}]*;?/g, '')
        .replace(/[^{}]*:where\(\[dir=rtl\][^{}]*\{[^{}]*\}/g, '')
        .replace(/--tw-(?:border-style|font-weight|tracking|scale-[xyz]):[^;}]*;?/g, '')
        .replace(/@layer properties\{[^{}]*\{\}\}/, '')
        .replace(/var\(--tw-border-style\)/g, 'solid')
        .replace(/var\(--tw-leading,(calc\([^)]*\))\)/g, '$1')
        .replace(/:root[^,{]*,\s*(?=:host)/g, '')
        .replace(/([^{}]+)\{([\w-]+):[^{};]*\}(?=\1\{\2:)/g, '')
        .replace(/(?<=\}:host\{[^{}]*)\}:host\{/g, ';')
        .replace(/--page:[^;]*;/, '')
        .replace(/(?<=[\s:,(*+/]-?)(\d*\.?\d+)rem\b/g, (_, rem: string) => `${Math.round(Number(rem) * 1500) / 100}px`)
      return { code: styles, map: null }
    },
  }
}

/**
 * Gives the classes of the styles names of two letters, in the styles and in what uses them: a sixth of the script's classes
 * is their names. Only those that can be nothing else, by a hyphen or a colon in them: `button` is also a type. What React
 * calls `className` is `class` to Preact, too.
 */
function shortClasses(): Plugin {
  const short = new Map<string, string>()
  const shorten = (name: string) => {
    const letter = (place: number) => String.fromCharCode(97 + place)
    const made = short.get(name) ?? letter(Math.floor(short.size / 26)) + letter(short.size % 26)
    short.set(name, made)
    return made
  }
  return {
    name: 'short-classes',
    enforce: 'post',
    transform(code, id) {
      if (!id.includes('widget.css')) return null
      const styles = code.replace(/\.(-?[a-z](?:[\w-]|\\+[^\w\s])*)/g, (selector, escaped: string) => {
        const name = escaped.replaceAll('\\', '')
        return /[-:]/.test(name) && !kept.test(name) ? `.${shorten(name)}` : selector
      })
      return { code: styles, map: null }
    },
    renderChunk: (code) => ({
      code: code
        .replace(/ ?rtl:[-\w]+/g, '')
        .replace(/(?<=[`"' ])[-\w:.[\]()#,%/]+(?=[`"' ])/g, (word) => short.get(word) ?? word),
      map: null,
    }),
    generateBundle(_, bundle) {
      // Only now has the compiler named all locals anew, so that every place of the property has its colon.
      for (const file of Object.values(bundle))
        if (file.type === 'chunk') file.code = file.code.replace(/\bclassName:/g, 'class:')
    },
  }
}

/** The widget: one script without imports, on the smaller relatives of the console's libraries. */
export default defineConfig({
  plugins: [texts(), tailwind(), shadowStyles(), shortClasses()],
  publicDir: false,
  oxc: onPreact.oxc,
  define: { 'process.env.NODE_ENV': '"production"' },
  resolve: {
    alias: [
      { find: /^react$/, replacement: here('./src/widget/small-react.ts') },
      { find: './kept-draft.ts', replacement: here('./src/widget/kept-draft.ts') },
      { find: '../shell/use-in-address.ts', replacement: here('./src/widget/use-in-address.ts') },
      { find: /^preact\/jsx-runtime$/, replacement: here('./src/widget/small-jsx.ts') },
      { find: /^@tanstack\/react-query$/, replacement: here('./src/widget/query.tsx') },
    ],
  },
  build: {
    emptyOutDir: false,
    cssMinify: 'lightningcss',
    cssTarget: ['chrome123', 'firefox121', 'safari17.5'],
    reportCompressedSize: true,
    lib: {
      entry: here('./src/widget/widget.ts'),
      formats: ['iife'],
      name: 'ownkeyWidget',
      fileName: () => 'widget.js',
    },
  },
})
