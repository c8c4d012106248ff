/** Amazon Bedrock by API key: bound to a region, exceptions by header. */
export { bedrock } from './bedrock.ts'
