import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createRoot } from 'react-dom/client'
import { consoleApi } from './api/client.ts'
import { ProblemError } from './api/problem-error.ts'
import { ApiProvider } from './api/use-api.tsx'
import { App } from './app.tsx'
import { applyTheme, readTheme } from './shell/theme.ts'
import './styles.css'

applyTheme(readTheme())

/** A refusal does not change by asking again; a network that failed may. */
const client = new QueryClient({
  defaultOptions: {
    // Offline is a failure that is told, not a wait without end; and no change is kept for later.
    mutations: { networkMode: 'always' },
    queries: {
      networkMode: 'always',
      staleTime: 5_000,
      retry: (count, error) =>
        count < 2 && error instanceof ProblemError && (error.status === 0 || error.status >= 500),
    },
  },
})

const root = document.getElementById('root')
if (root) {
  createRoot(root).render(
    <QueryClientProvider client={client}>
      <ApiProvider value={consoleApi}>
        <App />
      </ApiProvider>
    </QueryClientProvider>,
  )
}
