/** Perplexity: answers with searches, each told with what it cost; long ones are jobs. */
export { perplexity } from './perplexity.ts'
