// Loaded before an example: its first step out of the program is not taken, but told, with whether it is permitted.
function tell(host: string): never {
  console.log(`${host}: ${Deno.permissions.querySync({ name: "net", host }).state}`);
  Deno.exit(0);
}

globalThis.fetch = (input) => tell(new URL(input instanceof Request ? input.url : input).host);
Object.assign(Deno, {
  serve: ({ hostname, port }: { readonly hostname: string; readonly port: number }) =>
    tell(`${hostname}:${port}`),
});

export {};
