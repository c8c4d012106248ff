import type { Provider } from './provider.ts'
export const vendors: readonly Provider[] = []
