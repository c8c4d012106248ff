/** DeepSeek: the balance route tells whether a key is valid and whether it can pay, in one free call. */
export { deepseek } from './deepseek.ts'
