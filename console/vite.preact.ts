import type { UserConfig } from 'vite'

/**
 * Views are written for React and run on its small relative: a third of the script, and a third of the time before the page
 * can be used on a slow machine. The libraries in them find it under React's names.
 */
export const onPreact = {
  oxc: { jsx: { importSource: 'preact' } },
  resolve: {
    alias: [
      { find: /^react$/, replacement: 'preact/compat' },
      { find: /^react-dom$/, replacement: 'preact/compat' },
      { find: /^react-dom\/client$/, replacement: 'preact/compat/client' },
      { find: /^react\/jsx-runtime$/, replacement: 'preact/jsx-runtime' },
      { find: /^use-sync-external-store\/shim(\/index\.js)?$/, replacement: 'preact/compat' },
    ],
  },
} satisfies UserConfig
