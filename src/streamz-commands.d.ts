/** The table of subcommands: the build makes it from the listing of `src/commands/`. */
declare module 'streamz:commands' {
  export const commands: Readonly<Record<string, () => import('./cli/definition.js').CommandModule>>
}
