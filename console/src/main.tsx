import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { consoleApi } from './api/client.ts'
import { ProblemError } from './api/problem-error.ts'
import { ApiProvider } from './api/use-api.tsx'
import { App, fetchAhead } from './app.tsx'
import { i18nReady } from './i18n/start-i18n.ts'
import { applyTheme, readTheme } from './shell/theme.ts'
import './styles.css'

applyTheme(readTheme())
fetchAhead(window.location.pathname)

/** A refusal does not change by asking again; a network that failed may. */
const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (count, error) =>
        count < 2 && error instanceof ProblemError && (error.status === 0 || error.status >= 500),
    },
  },
})

const root = document.getElementById('root')
void i18nReady.then(() => {
  if (!root) return
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <ApiProvider value={consoleApi}>
          <App />
        </ApiProvider>
      </QueryClientProvider>
    </StrictMode>,
  )
})
