import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import tailwind from '@tailwindcss/vite'
import { defineConfig, type Plugin } from 'vite'
import { pageLanguages } from '../src/contract/appearance.ts'
import { createTranslation } from './src/i18n/create-translation.ts'
import { onPreact } from './vite.preact.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Puts a script of its own before all others, that asks for data while they are still coming. */
function ahead(): Plugin {
  return {
    name: 'ahead',
    transformIndexHtml: {
      order: 'post',
      handler(_, { bundle }) {
        const built = Object.values(bundle ?? {}).find((file) => file.type === 'chunk' && file.name === 'ahead')
        const src = built ? `/${built.fileName}` : '/src/ahead/ahead.ts'
        return [
          { tag: 'script', attrs: { type: 'module', async: true, crossorigin: true, src }, injectTo: 'head-prepend' },
        ]
      },
    },
  }
}

/**
 * The page once more in each other language, as `index.zh.html`: what is read before the first script has run, by whoever runs
 * none too, is in the language of the address. Of an address that names none (a sign-in link) no language is known without a
 * script: it says in all of them that one is needed.
 */
function pageInEachLanguage(): Plugin {
  return {
    name: 'page-in-each-language',
    enforce: 'post',
    generateBundle(_, bundle) {
      const page = Object.values(bundle).find((file) => file.fileName === 'index.html')
      if (page?.type !== 'asset') throw new Error('There is no index.html.')
      const source = String(page.source)
      const without = (sentences: string) => source.replace('<noscript>', `<noscript>${sentences}`)
      const all = Object.keys(pageLanguages).map((locale) => {
        const texts = JSON.parse(readFileSync(here(`src/locales/${locale}.json`), 'utf8'))
        const { t } = createTranslation({ locale, texts })
        const sentence = `<p lang="${locale}" class="p-6 text-center">${t('shell.noScript')}</p>`
        const inLanguage = without(sentence)
          .replace('<html lang="en">', `<html lang="${locale}">`)
          .replace(/<title>[^<]*</, `<title>${t('settings.title')}<`)
        this.emitFile({ type: 'asset', fileName: `index.${locale}.html`, source: inLanguage })
        return sentence
      })
      page.source = without(all.join(''))
    },
  }
}

/** Everything comes as files of our own origin, so that the strictest content security policy holds. */
export default defineConfig({
  ...onPreact,
  plugins: [tailwind(), ahead(), pageInEachLanguage()],
  build: {
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    rolldownOptions: { input: { index: here('index.html'), ahead: here('src/ahead/ahead.ts') } },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8787' } },
})
