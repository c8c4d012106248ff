import { fileURLToPath } from 'node:url'
import tailwind from '@tailwindcss/vite'
import { defineConfig, type Plugin } from 'vite'
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

/** Everything comes as files of our own origin, so that the strictest content security policy holds. */
export default defineConfig({
  ...onPreact,
  plugins: [tailwind(), ahead()],
  build: {
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    rolldownOptions: { input: { index: here('index.html'), ahead: here('src/ahead/ahead.ts') } },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8787' } },
})
